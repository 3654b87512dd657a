#pragma once

/*
 * twonodes: all there is to let two nodes talk (twotalk.h) and lie
 * (twoletters.h) to each other.
 */

#include "tests/support/twoletters.h"
#include "tests/support/twotalk.h"
