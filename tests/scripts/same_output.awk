# same_output.awk EXPECTED ACTUAL: whether a program printed what it should.
#   0.2500       a number with a decimal point may differ by two units of its last digit (kernels add in another order)
#   0.94+-0.02   this number within the tolerance given; the padding behind it may be wider or narrower
#   7            any other number and all text must be the same
#   <any>        one word of any kind; on a line alone: any number of lines
# Usage: awk -f same_output.awk EXPECTED ACTUAL; prints the first difference and ends with status 1.
BEGIN {
    number = "-?[0-9]+([.][0-9]+)?(e[-+]?[0-9]+)?"
    token = "<any>|" number "([+]-[0-9]+([.][0-9]+)?(e[-+]?[0-9]+)?)?"
}
FILENAME == ARGV[1] { want[++wants] = $0; next }
{ got[++gots] = $0 }
END {
    g = 1
    for (w = 1; w <= wants; w++) {
        if (want[w] == "<any>") {
            if (w == wants)
                exit 0
            while (g <= gots && !same(want[w + 1], got[g]))
                g++
            continue
        }
        if (g > gots)
            differ(w, "(the output ends)")
        if (!same(want[w], got[g]))
            differ(w, got[g])
        g++
    }
    if (g <= gots)
        differ(wants, "(and then, beyond what is expected) " got[g])
}

function differ(w, line)
{
    printf "line %d expected: %s\n           printed: %s\n", w, want[w], line
    exit 1
}

function same(w, g,    before, part, found)
{
    while (match(w, token)) {
        before = substr(w, 1, RSTART - 1)
        part = substr(w, RSTART, RLENGTH)
        w = substr(w, RSTART + RLENGTH)
        if (substr(g, 1, length(before)) != before)
            return 0
        g = substr(g, length(before) + 1)
        if (!match(g, part == "<any>" ? "^[^ ]+" : "^" number))
            return 0
        found = substr(g, 1, RLENGTH)
        g = substr(g, RLENGTH + 1)
        if (part != "<any>" && !near(part, found))
            return 0
        if (part ~ /[+]-/) { # a number with fewer digits is padded in a column, also before a bracket
            sub(/^ +/, "", w)
            sub(/^ +/, "", g)
        }
    }
    return w == g
}

function near(w, g,    at, tolerance, digits, power)
{
    at = index(w, "+-")
    if (at) {
        tolerance = substr(w, at + 2) + 0
        w = substr(w, 1, at - 1)
    } else if (index(w, ".")) {
        digits = w
        sub(/.*[.]/, "", digits)
        power = 0
        if (match(digits, /e/)) {
            power = substr(digits, RSTART + 1) + 0
            digits = substr(digits, 1, RSTART - 1)
        }
        tolerance = 2 * 10 ^ (power - length(digits))
    } else
        return w == g
    return w - g <= tolerance * 1.001 && g - w <= tolerance * 1.001
}
