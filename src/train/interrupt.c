/* Requests to stop, from a signal or from the program. They are counted, and each fit compares the count with that of its
 * beginning; so none is missed, none needs to be cleared, and several fits at once all see it. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "train/train.h"

static atomic_int requests; /* lock-free wherever signals exist: safe in a handler */

void sp_request_stop(void) { atomic_fetch_add(&requests, 1); }

int sp__stop_mark(void) { return atomic_load(&requests); }
bool sp__stop_asked(int mark) { return atomic_load(&requests) != mark; }

/* ---- SIGINT ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int catching;            /* fits that want it                              */
static struct sigaction before; /* what SIGINT did; set before the handler is in place */

static void on_interrupt(int number)
{
    int kept = errno;
    sp_request_stop();
    sigaction(number, &before, NULL); /* the next one is for whoever had it before us */
    errno = kept;
}

/* A signal that is ignored (a program in the background) stays ignored. */
void sp__interrupt_begin(void)
{
    struct sigaction now, ours = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
    sigemptyset(&ours.sa_mask);
    pthread_mutex_lock(&lock);
    catching++;
    if (sigaction(SIGINT, NULL, &now) == 0 && now.sa_handler != on_interrupt && now.sa_handler != SIG_IGN) {
        before = now;
        sigaction(SIGINT, &ours, NULL);
    }
    pthread_mutex_unlock(&lock);
}

/* Puts back what was there, unless somebody else has taken the signal since. */
void sp__interrupt_end(void)
{
    struct sigaction now;
    pthread_mutex_lock(&lock);
    if (--catching == 0 && sigaction(SIGINT, NULL, &now) == 0 && now.sa_handler == on_interrupt)
        sigaction(SIGINT, &before, NULL);
    pthread_mutex_unlock(&lock);
}
