/* cli/resume.c: options of a training that is gone on with. */
#include "cli/resume.h"

#include <string.h>

/* Those whose value decides the result, and must stay; and the one that may change on the way. */
static const char *const fixed[] = {"layers", "loss",     "data",         "limit", "batch", "optimizer",
                                    "lr",     "momentum", "weight-decay", "seed",  "amp",   "eager"};
enum { FIXED = sizeof fixed / sizeof *fixed };
static const char epochs[] = "epochs";

static void take(cli_notes *notes, const cli_usage *u, const char *name, bool may_change)
{
    const char *text = cli_option_text(u, name, notes->room[notes->n]);
    if (*text)
        notes->at[notes->n++] = (sp_note){name, text, may_change};
}

void cli_notes_take(cli_notes *notes, const cli_usage *u)
{
    notes->n = 0;
    for (int i = 0; i < FIXED; i++)
        take(notes, u, fixed[i], false);
    take(notes, u, epochs, true);
}

static const char *find(sp_notes notes, const char *name)
{
    for (int i = 0; i < notes.n; i++)
        if (strcmp(notes.at[i].name, name) == 0)
            return notes.at[i].text;
    return "";
}

static int compare(const cli_usage *u, const char *path, sp_notes notes)
{
    for (int i = 0; i < FIXED; i++) {
        char room[32];
        const char *was = find(notes, fixed[i]), *now = cli_option_text(u, fixed[i], room);
        if (strcmp(was, now) == 0)
            continue;
        if (!*was)
            return cli_misused(u->command, "--resume: %s was trained without --%s, found '%s'", path, fixed[i], now);
        return cli_misused(u->command, "--resume: %s was trained with --%s '%s', found '%s'", path, fixed[i], was, now);
    }
    return CLI_GO_ON;
}

int cli_resume_options(const cli_usage *u, const char *path, int count, char **words)
{
    int status = CLI_GO_ON;
    sp_notes notes;
    if (sp_train_notes(path, &notes) != SP_OK)
        return cli_failed();
    for (int i = 0; i <= FIXED && status == CLI_GO_ON; i++) {
        const char *name = i < FIXED ? fixed[i] : epochs, *text = find(notes, name);
        if (*text)
            status = cli_option_set(u, name, text);
    }
    if (status == CLI_GO_ON)
        status = cli_parse(u, count, words, NULL);
    return status == CLI_GO_ON ? compare(u, path, notes) : status;
}
