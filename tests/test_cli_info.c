/* The layers that `spore info` finds in the paths of nodes. */
#include "support/test.h"

#include "cli/info.h"

static void check(const char *path, const char *name, const char *type)
{
    char n[INFO_NAME], t[INFO_TYPE];
    info_layer(path, n, t);
    if (strcmp(n, name) != 0 || strcmp(t, type) != 0)
        fail_msg("'%s' gives '%s' '%s', expected '%s' '%s'", path, n, t, name, type);
}

TEST(paths_of_spore_mindspore_and_pytorch_name_layers)
{
    check("net (SequentialCell) > 0 (Conv2d)", "0", "Conv2d");
    check("Default/net (SequentialCell) > body (SequentialCell) > 1 (Dense)", "body/1", "Dense");
    check("net (Dense)", "net", "Dense");
    check("Default/dense_relu_sequential-SequentialCell/0-Dense/MatMul-op0", "dense_relu_sequential/0", "Dense");
    check("Default/flatten-Flatten/Flatten-op0", "flatten", "Flatten");
    check("Default/MatMul-op12", "", "");
    check("/features/features.0/Conv", "features/features.0", "");
    check("/Gemm", "", "");
    check("", "", "");
}

TEST(paths_that_nobody_would_write_are_survived)
{
    static const char *const odd[] = {"()",   " > ",   "(",    ")",    " > (", "a > > b)", "Default/",
                                      "////", "-/-/-", "a-/b", "-a/b", "x (",  ") > ("};
    char n[INFO_NAME], t[INFO_TYPE], path[4096];
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        info_layer(odd[i], n, t);
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = 0;
    info_layer(path, n, t);
    for (size_t i = 5; i < sizeof path - 1; i += 9)
        path[i] = i % 2 ? '/' : '-';
    info_layer(path, n, t);
    path[sizeof path - 2] = ')';
    path[2000] = '(';
    info_layer(path, n, t);
    assert_true(strlen(n) < INFO_NAME && strlen(t) < INFO_TYPE);
}

TEST(statistics_are_of_the_finite_elements)
{
    float x[] = {1, 2, 6, 0, 0, 0};
    sp_tensor *zero = sp_vector(0);
    x[3] = (float)sp_item(sp_div(zero, zero));
    x[4] = (float)sp_item(sp_div(sp_vector(1), zero));
    x[5] = -x[4];
    info_stats s = info_stats_of(sp_from(x, SP_F32, SP_DIMS(6)));
    assert_true(s.min == 1 && s.max == 6 && s.mean == 3 && s.nan == 1 && s.inf == 2);
    s = info_stats_of(sp_from(x + 3, SP_F32, SP_DIMS(3)));
    assert_true(s.mean != s.mean && s.min != s.min && s.nan == 1 && s.inf == 2);
}

TEST_MAIN()
