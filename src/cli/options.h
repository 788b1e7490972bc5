/* cli/options.h: the arguments of a command, described by tables. */
#ifndef SP_CLI_OPTIONS_H
#define SP_CLI_OPTIONS_H

#include "cli/cli.h"

#define CLI_MAX_TEXTS 16

/* An option that may be given several times. */
typedef struct cli_texts {
    const char *at[CLI_MAX_TEXTS];
    int n;
} cli_texts;

/* What an option's value is, and what its `value` points to. */
typedef enum cli_kind {
    CLI_FLAG,         /* none; bool                                   */
    CLI_TEXT,         /* any text but ""; const char *                */
    CLI_TEXTS,        /* the same, several times; cli_texts           */
    CLI_MAYBE,        /* a text that may be left out, "" then; const char * */
    CLI_CHOICE,       /* one of `choices`, "sgd|adam"; const char *   */
    CLI_WHOLE,        /* whole number in [low, high]; int64_t         */
    CLI_POSITIVE,     /* number above 0; double                       */
    CLI_NOT_NEGATIVE, /* number from 0; double                        */
    CLI_FRACTION,     /* number in [0, 1); double                     */
    CLI_REFUSED       /* known, but not possible: `help` says why     */
} cli_kind;

typedef struct cli_option {
    const char *name;     /* "epochs"; NULL ends a table                                    */
    const char *argument; /* "N", for the help; NULL for a flag                             */
    cli_kind kind;
    void *value;      /* holds the default, which the help shows, and receives the value */
    const char *help; /* what it does                                                   */
    int64_t low, high;
    const char *choices;
} cli_option;

typedef struct cli_usage {
    const char *command;
    const char *operands; /* "MODEL", for the help and error texts; "" for none */
    int min, max;         /* how many operands                                  */
    const char *about;    /* a paragraph                                        */
    const cli_option *options;
    void (*more)(void);   /* prints more help before the examples; may be NULL  */
    const char *examples; /* lines                                              */
} cli_usage;

#define CLI_GO_ON (-1)

/* Reads words[1] ... words[count - 1]: options into their values, the others into operands (room for u->max). CLI_GO_ON; or the
 * exit status after --help (CLI_DONE) or an error, which has been said (CLI_MISUSED). */
int cli_parse(const cli_usage *u, int count, char **words, const char **operands);

/* Gives the option `name` the value that `text` says, as --name text would. */
int cli_option_set(const cli_usage *u, const char *name, const char *text);

/* The value of the option `name` as it would be typed, "" if it has none; numbers are written into room. */
const char *cli_option_text(const cli_usage *u, const char *name, char room[32]);

#endif
