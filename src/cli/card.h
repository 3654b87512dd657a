#pragma once

/*
 * card: a card as people and scripts see it.
 */

#include <stdio.h>

struct card;
struct json;

/* Party, country, endpoints, validity, fingerprint: a line each. */
void cli_card_print(FILE *out, const struct card *card);

/* The same for scripts.  Owns: the caller, until json_free(). */
struct json *cli_card_json(const struct card *card);
