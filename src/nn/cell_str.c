/* Cells as MindSpore 2.0 prints them (docs/compatibility.md):
 *
 *     Network<
 *       (flatten): Flatten<>
 *       (fc): Dense<input_channels=3, output_channels=2, has_bias=True>
 *       >
 */
#include "nn/nn.h"
#include "tensor/text.h"

static void write_cell(sp__text *out, const sp_cell *c, int indent)
{
    const char *info = c->info ? c->info(c) : "";
    sp__text_printf(out, "%s<", c->type);
    if (c->n_children == 0) {
        sp__text_add(out, info);
        sp__text_add(out, ">");
        return;
    }
    sp__text_add(out, "\n");
    indent += 2;
    if (info[0]) {
        sp__text_fill(out, ' ', indent);
        sp__text_printf(out, "%s\n", info);
    }
    for (int i = 0; i < c->n_children; i++) {
        sp__text_fill(out, ' ', indent);
        sp__text_printf(out, "(%s): ", c->children[i].name);
        write_cell(out, c->children[i].cell, indent);
        sp__text_add(out, "\n");
    }
    sp__text_fill(out, ' ', indent);
    sp__text_add(out, ">");
}

const char *sp_cell_str(const sp_cell *c)
{
    sp__text out = {0};
    if (!c)
        return "None";
    write_cell(&out, c, 0);
    return sp__text_finish_in_scope(&out);
}
