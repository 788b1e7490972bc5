/* cli/bench_startup.c: how long a program takes that does next to nothing. This one starts itself. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cli/bench.h"

extern char **environ;

/* ---- one start ---- */

/* The environment as a person's shell has it: main() sets GOMP_SPINCOUNT for itself, and starts anew where it is not set. */
static char **shell_environment(char *more)
{
    size_t n = 0, kept = 0;
    while (environ[n])
        n++;
    char **copy = calloc(n + 2, sizeof *copy);
    for (size_t i = 0; copy && i < n; i++)
        if (strncmp(environ[i], "GOMP_SPINCOUNT=", 15) != 0)
            copy[kept++] = environ[i];
    if (copy)
        copy[kept] = more;
    return copy;
}

static bool failed(const char *what, const char *why)
{
    sp_set_error(SP_ERR_IO, "bench: spore %s: %s", what, why);
    return false;
}

/* Waits for the program; whether it ended with status 0. */
static bool ended_well(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool start(char **words, char **environment)
{
    pid_t child;
    posix_spawn_file_actions_t actions;
    int code = posix_spawn_file_actions_init(&actions);
    if (code != 0)
        return failed(words[1], strerror(code));
    code = posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    if (code == 0)
        code = posix_spawn(&child, "/proc/self/exe", &actions, NULL, words, environment);
    posix_spawn_file_actions_destroy(&actions);
    if (code != 0)
        return failed(words[1], strerror(code));
    return ended_well(child) || failed(words[1], "the program that was started failed");
}

/* ---- the workload ---- */

typedef struct program {
    char *words[4];
    char *setting; /* in its environment; NULL: none */
} program;

static bool run(void *self, int64_t steps)
{
    program *p = self;
    char **environment = shell_environment(p->setting);
    bool done = environment || failed("bench startup", "no memory for the environment");
    for (int64_t s = 0; s < steps && done; s++)
        done = start(p->words, environment);
    free(environment);
    return done;
}

bool bench_startup(const bench_options *o, bench_result *r)
{
    char name[] = "spore", version[] = "--version", bench[] = "bench", one_op[] = "one-op";
    char onednn[] = "SPORE_KERNELS=onednn";
    program programs[3] = {{{name, version}, NULL}, {{name, bench, one_op}, NULL}, {{name, bench, one_op}, onednn}};
    int n = strstr(sp_build_info(), "oneDNN") ? 3 : 2;
    bench_task tasks[3];
    bench_times times[3];
    for (int i = 0; i < n; i++)
        tasks[i] = (bench_task){run, &programs[i], bench_steps(o, 10), NULL};
    if (!bench_run(o, n, tasks, times))
        return false;
    r->mode = "process";
    r->unit = "ms/start";
    r->times = times[0];
    r->steps = tasks[0].steps;
    bench_add(r, "one_op_ms", times[1].best);
    bench_add(r, "one_op_median_ms", times[1].median);
    if (n == 3)
        bench_add(r, "one_op_onednn_ms", times[2].best);
    return true;
}

/* x (64,784) w (512,784)^T: the first layer of the tutorial. */
bool bench_one_op(const bench_options *o, bench_result *r)
{
    (void)o;
    r->mode = "process";
    sp_tensor *y = sp_matmul_t(sp_ones(SP_F32, SP_DIMS(64, 784)), sp_ones(SP_F32, SP_DIMS(512, 784)), false, true);
    return y != NULL;
}
