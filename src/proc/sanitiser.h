#pragma once

/*
 * sanitiser: is this build instrumented by AddressSanitizer?  It and its leak
 * check make system calls and trace the process, which a sandbox forbids.
 */

#if defined(__SANITIZE_ADDRESS__)
#define SANITISER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITISER 1
#endif
#endif

#ifndef SANITISER
#define SANITISER 0
#endif
