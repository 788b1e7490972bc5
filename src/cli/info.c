/* cli/info.c: `spore info`. */
#include "cli/info.h"

#include "cli/graph_inputs.h"

static const char about[] =
    "Says what is in a file: the tensors of a checkpoint (.ckpt), of .safetensors, .npz, .npy or IDX files; the layers of a\n"
    "graph (.mindir, .onnx) with their shapes, parameters and multiply-adds.";
static const char examples[] = "  spore info model.ckpt --stats\n"
                               "  spore info model.safetensors\n"
                               "  spore info model.mindir --batch 64\n"
                               "  spore info model.mindir --json\n";

int cli_info(int n, char **words)
{
    info_options o = {0};
    const cli_option table[] = {{"stats", NULL, CLI_FLAG, &o.stats,
                                 "smallest, largest and mean element, and how many are NaN and infinite", 0, 0, NULL},
                                {"nodes", NULL, CLI_FLAG, &o.nodes, "list the nodes of a graph too", 0, 0, NULL},
                                CLI_BATCH_OPTION(o.batch, ""),
                                CLI_INPUT_OPTION(o.inputs),
                                {"json", NULL, CLI_FLAG, &o.json, "print one JSON object", 0, 0, NULL},
                                {0}};
    const cli_usage usage = {"info", "FILE", 1, 1, about, table, NULL, examples};
    int status = cli_parse(&usage, n, words, &o.path);
    if (status != CLI_GO_ON)
        return status;
    if (cli_is_graph(o.path))
        return info_graph(&o);
    if (o.nodes || o.batch || o.inputs.n)
        return cli_misused("info", "%s: --%s is for graphs", o.path, o.nodes ? "nodes" : o.batch ? "batch" : "input");
    if (cli_is_tensors(o.path) || cli_ends_with(o.path, ".npy") || info_is_idx(o.path))
        return info_tensors(&o);
    return cli_misused(
        "info", "found '%s', expected an IDX file, or one that ends with .mindir, .onnx, .npy, " CLI_TENSORS, o.path);
}
