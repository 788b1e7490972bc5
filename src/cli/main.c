/* cli/main.c: the `spore` command. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const cli_command commands[] = {
    {"train", cli_train, "train a network and save it"},
    {"eval", cli_eval, "loss and accuracy of a trained network"},
    {"predict", cli_predict, "run a network on arrays (.npy) or on a sample"},
    {"info", cli_info, "what is in a file"},
    {"convert", cli_convert, "from one file format to another"},
    {"graph", cli_graph, "draw a graph"},
    {"download", cli_download, "fetch MNIST, or any file"},
    {"bench", cli_bench, "how fast it is here"},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static const cli_command *find(const char *name)
{
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static int usage(FILE *out)
{
    fprintf(out, "Usage: spore COMMAND [ARGUMENT]...\n"
                 "Define, train, save, inspect and run networks, in MindSpore's file formats.\n\nCommands:\n");
    for (int i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fprintf(out, "  help       how to use a command: spore help COMMAND\n\n"
                 "Options:\n  --help     this text\n  --version  the version, and how it was built\n\n"
                 "Examples:\n"
                 "  spore train --data mnist --epochs 3 --save model.ckpt --export model.mindir\n"
                 "  spore eval model.mindir --data mnist\n"
                 "  spore predict model.mindir --data mnist --sample 7\n"
                 "  spore info model.ckpt\n"
                 "  spore convert model.ckpt model.safetensors\n"
                 "  spore graph model.mindir\n\n"
                 "Exit status: 0 done, 1 failed, 2 misused, 130 interrupted (Ctrl-C or SIGTERM).\n");
    return out == stdout ? CLI_DONE : CLI_MISUSED;
}

static int unknown(const char *name)
{
    cli_complain(
        "no command '%s', expected train, eval, predict, info, convert, graph, download or bench (see spore --help)",
        name);
    return CLI_MISUSED;
}

static int version(void)
{
    printf("spore %s\n%s\n", sp_version(), sp_build_info());
    return CLI_DONE;
}

static int run(const cli_command *command, int count, char **words)
{
    sp_scope scope = sp_scope_begin();
    int status = command->run(count, words);
    sp_scope_end(scope);
    sp_shutdown();
    return status;
}

static int help(const char *name)
{
    const cli_command *command = find(name);
    if (!command)
        return unknown(name);
    char word[16], option[] = "--help", *words[] = {word, option, NULL};
    snprintf(word, sizeof word, "%s", name);
    return run(command, 2, words);
}

static int dispatch(int count, char **words)
{
    const char *name = count > 1 ? words[1] : "";
    if (!*name)
        return usage(stderr);
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return usage(stdout);
    if (strcmp(name, "--version") == 0)
        return version();
    if (strcmp(name, "help") == 0)
        return count > 2 ? help(words[2]) : usage(stdout);
    const cli_command *command = find(name);
    return command ? run(command, count - 1, words + 1) : unknown(name);
}

/* Whether what is asked for has anything to compute. */
static bool computes(const char *command)
{
    static const char *const others[] = {"", "help", "info", "download"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(command, others[i]) == 0)
            return false;
    return command[0] != '-';
}

/* Threads that wait for others spin, in GNU OpenMP 300,000 times before they sleep: the fastest way on a machine of one's own.
 * Beside other programs each of some thirty barriers a step then costs a time slice. 10,000 times are as fast alone and lose
 * little beside others (docs/performance.md). The runtime reads the setting before main() begins, so the command starts
 * itself anew with it. */
static void spin_briefly(char **words)
{
    if (getenv("OMP_WAIT_POLICY") || getenv("GOMP_SPINCOUNT") || getenv("KMP_BLOCKTIME"))
        return; /* somebody knows better, or it is done */
    if (setenv("GOMP_SPINCOUNT", "10000", 1) == 0)
        execv("/proc/self/exe", words); /* comes back where there is no such file: then they spin for long */
}

int main(int count, char **words)
{
    if (count > 1 && computes(words[1]))
        spin_briefly(words);
    int status = dispatch(count, words);
    if (fflush(stdout) || ferror(stdout)) { /* a full disk, a closed pipe */
        cli_complain("standard output: %s", strerror(errno));
        return status == CLI_DONE ? CLI_FAILED : status;
    }
    return status;
}
