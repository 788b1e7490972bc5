/* cli/info.h: the parts of `spore info`.
 *
 *   info.c         the command
 *   info_table.c   tables of tensors, with statistics
 *   info_file.c    files of tensors; IDX files
 *   info_graph.c   graphs: tables of layers (info_layer.c: which layer a node belongs to) */
#ifndef SP_CLI_INFO_H
#define SP_CLI_INFO_H

#include "cli/json.h"
#include "cli/options.h"

typedef struct info_options {
    const char *path;
    bool json, stats, nodes;
    int64_t batch;    /* of a graph's inputs; 0: the graph's own */
    cli_texts inputs; /* their shapes                            */
} info_options;

/* Whether the file begins as IDX files do. */
bool info_is_idx(const char *path);

/* Each prints all of it and returns the exit status. */
int info_tensors(const info_options *o);
int info_graph(const info_options *o);

/* ---- tables ---- */

typedef struct info_totals {
    int tensors;
    int64_t elements, bytes;
} info_totals;

void info_count(info_totals *sum, const sp_tensor *t);

/* Of the finite elements; NaN if there are none. */
typedef struct info_stats {
    double min, max, mean;
    int64_t nan, inf;
} info_stats;
info_stats info_stats_of(const sp_tensor *t);

/* Names come from a file: what could move the cursor of a terminal is shown as '?'. Padded to width. */
void info_name(const char *name, int width);
/* The width of a column for name beside those of `width`. */
int info_widest(int width, const char *name);

void info_heading(int width, bool stats);
void info_row(const char *name, int width, const sp_tensor *t, bool stats);
void info_json_row(cli_json *j, const char *name, const sp_tensor *t, bool stats, const char *role);

/* ---- layers ---- */

enum { INFO_NAME = 128, INFO_TYPE = 64 };

/* The layer that a node's path names: "0" and "Conv2d" of "net (SequentialCell) > 0 (Conv2d)". Empty where the path does not
 * say. */
void info_layer(const char *path, char name[INFO_NAME], char type[INFO_TYPE]);

#endif
