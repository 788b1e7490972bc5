/* cli/json.h: writes one JSON text to the standard output. Keys are NULL within arrays.
 *
 *     cli_json j = {0};
 *     cli_json_open(&j, NULL, '{');
 *     cli_json_whole(&j, "epoch", 1);
 *     cli_json_close(&j); */
#ifndef SP_CLI_JSON_H
#define SP_CLI_JSON_H

#include "cli/cli.h"

enum { CLI_JSON_DEPTH = 8 };

typedef struct cli_json {
    int depth;
    char closing[CLI_JSON_DEPTH];
    bool more[CLI_JSON_DEPTH]; /* something stands there already: a comma comes first */
} cli_json;

void cli_json_open(cli_json *j, const char *key, char bracket); /* '{' or '[' */
void cli_json_close(cli_json *j);                               /* a line ends after the outermost */

/* NULL gives null. Bytes that are not UTF-8 become U+FFFD. */
void cli_json_text(cli_json *j, const char *key, const char *text);
void cli_json_whole(cli_json *j, const char *key, int64_t n);
/* As many digits as a Float32 needs to come back; null for what JSON has no form for (NaN, infinity). */
void cli_json_real(cli_json *j, const char *key, double x);
void cli_json_shape(cli_json *j, const char *key, sp_shape shape);

#endif
