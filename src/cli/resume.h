/* cli/resume.h: what `spore train` writes down about a training, so that --resume needs no other option, and none that differs. */
#ifndef SP_CLI_RESUME_H
#define SP_CLI_RESUME_H

#include "cli/options.h"

#define CLI_MAX_NOTES 16

/* The options that decide what is trained, as notes of the training. */
typedef struct cli_notes {
    sp_note at[CLI_MAX_NOTES];
    int n;
    char room[CLI_MAX_NOTES][32];
} cli_notes;

void cli_notes_take(cli_notes *notes, const cli_usage *u);

/* Options take the values that the training in the file had; then what was typed is read again: it may say them too, but no others.
 * CLI_GO_ON; or the exit status after what went wrong was said. */
int cli_resume_options(const cli_usage *u, const char *path, int count, char **words);

#endif
