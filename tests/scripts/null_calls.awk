# Reads public headers and writes calls of every function that takes a pointer or a list: all pointers NULL, and each one
# alone NULL beside valid others. test_null.c includes the result, so a new function is covered the moment it is declared.
# What a call returns is freed by its type.
#   awk -f null_calls.awk include/spore/*.h > null_calls.inc
BEGIN { RS = "\0" }
{
    while ((i = index($0, "/*")) > 0) { # comments
        rest = substr($0, i + 2)
        j = index(rest, "*/")
        $0 = substr($0, 1, i - 1) " " substr(rest, j + 2)
    }
    gsub(/\n#[^\n]*/, "\n") # the preprocessor's lines
    gsub(/[ \t\n]+/, " ")
    n = split($0, declaration, "SP_API ")
    for (k = 2; k <= n; k++) {
        d = declaration[k]
        sub(/;.*/, "", d)
        if (d ~ /\(/ && d !~ /^extern/)
            calls_of(d)
    }
}
# A value for a parameter that is not NULL here; "" if it is no pointer.
function valid(p, taken)
{
    if (p ~ /\(\*/) return "NULL" # a function that may be left out
    if (p ~ /^sp_list \*/) return "&a_list"
    if (p ~ /^sp_list /) return "(sp_list){two_nulls, 2}"
    if (p ~ /^sp_error_hook /) return "NULL"
    if (p ~ /^sp_entries [a-z]/) return "(sp_entries){NULL, 0}"
    if (p ~ /^sp_fn /) return "a_function"
    if (p !~ /\*/) return ""
    if (p ~ /sp_tensor \*\*|sp_tensor \*const \*/) return "two_nulls"
    if (p ~ /sp_cell \*const \*/) return "(sp_cell *[]){sp_nn_relu()}"
    if (p ~ /char \*const \*\*/) return "(const char *const *[]){NULL}"
    if (p ~ /char \*const \*/) return "(const char *[]){\"x\"}"
    if (p ~ /sp_tensor \*/) return "a_tensor"
    if (p ~ /sp_cell \*/) return "a_cell"
    if (p ~ /sp_graph \*/) return "a_graph"
    if (p ~ /sp_compiled \*/) return "a_compiled"
    if (p ~ /sp_optim \*/) return "an_optim"
    if (p ~ /sp_iter \*/) return "an_iter"
    if (p ~ /sp_dataset \*/) return taken ? "a_dataset()" : "NULL"
    if (p ~ /char \*/) return "\"x\""
    if (p ~ /int64_t \*/) return "(int64_t[]){1, 1}"
    if (p ~ /int \*/) return "(int[]){0}"
    if (p ~ /float \*/) return "(float[]){1}"
    if (p ~ /void \*/) return "NULL"
    type = p
    sub(/^const /, "", type)
    sub(/ \*.*/, "", type)
    return "&(" type "){0}"
}
# What stands for a parameter that is no pointer.
function plain(p)
{
    if (p ~ /^sp_shape /) return "SP_DIMS(2)"
    if (p ~ /^sp_(init|transform|scope|range|callback) /) {
        sub(/ .*/, "", p)
        return "(" p "){0}"
    }
    if (p ~ /^\.\.\./) return ""
    return "1"
}
# Splits parameters at commas that are not inside parentheses.
function split_parameters(text, out,    count, depth, i, c, piece)
{
    count = depth = 0
    piece = ""
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "(") depth++
        if (c == ")") depth--
        if (c == "," && depth == 0) {
            out[++count] = piece
            piece = ""
        } else if (piece != "" || c != " ")
            piece = piece c
    }
    out[++count] = piece
    return count
}
function disposer(returned)
{
    if (returned ~ /^sp_(cell|dataset|iter|optim|graph|compiled) \*$/) {
        sub(/ \*/, "", returned)
        return "drop_" returned
    }
    return returned ~ /^sp_callback/ ? "drop_sp_callback" : "(void)"
}
function calls_of(d,    name, parameters, count, pointers, i, alone, text, v, taken)
{
    sub(/ SP_PRINTF\(.*/, "", d)
    name = d
    sub(/\(.*/, "", name)
    sub(/.*[ *]/, "", name)
    returned = substr(d, 1, index(d, name "(") - 1)
    sub(/ $/, "", returned)
    text = d
    sub(/^[^(]*\(/, "", text)
    sub(/\)[^)]*$/, "", text)
    count = split_parameters(text, parameters)
    taken = d !~ /const sp_dataset/ && d !~ /_free/
    pointers = 0
    for (i = 1; i <= count; i++)
        if (valid(parameters[i], taken) != "")
            pointers++
    if (pointers == 0)
        return
    print_call(name, parameters, count, 0, taken)
    for (alone = 1; alone <= count; alone++)
        if (valid(parameters[alone], taken) != "" && (pointers > 1 || valid(parameters[alone], taken) ~ /^&\(|two_nulls/))
            print_call(name, parameters, count, alone, taken)
}
# alone 0: every pointer NULL. Otherwise that one, beside valid ones; if it is the only one it is empty instead of NULL.
function print_call(name, parameters, count, alone, taken,    i, v, only, arguments)
{
    only = 0
    for (i = 1; i <= count; i++)
        if (valid(parameters[i], taken) != "")
            only++
    arguments = ""
    for (i = 1; i <= count; i++) {
        v = valid(parameters[i], taken)
        if (v == "")
            v = plain(parameters[i])
        else if (alone == 0 || (alone == i && only > 1))
            v = parameters[i] ~ /^sp_list [a-z]/ ? "(sp_list){NULL, 0}" : parameters[i] ~ /^sp_entries [a-z]/ ? "(sp_entries){NULL, 1}" : "NULL"
        if (v != "")
            arguments = arguments (arguments == "" ? "" : ", ") v
    }
    printf "%s(%s(%s));\nsp_error_clear();\n", disposer(returned), name, arguments
}
