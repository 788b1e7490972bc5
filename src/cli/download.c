/* cli/download.c: `spore download`. */
#include <stdio.h>
#include <string.h>

#include "cli/options.h"

static int download_mnist(const char *folder)
{
    const char *found = folder ? sp_find_mnist(folder, true, NULL, NULL) : NULL;
    if (!found && (sp_error() == SP_OK || sp_error() == SP_ERR_IO)) {
        sp_error_clear();
        found = sp_find_mnist(NULL, false, cli_progress, NULL);
    }
    if (!found)
        return cli_failed();
    printf("MNIST is in %s\n", found);
    return CLI_DONE;
}

static const char about[] =
    "Fetches a file and unpacks it (.zip, .tar, .tar.gz, .tgz, .gz). `spore download mnist` looks in --data-dir and the\n"
    "cache first. What is there afterwards is whole, or was not there.";
static const char examples[] = "  spore download mnist\n"
                               "  spore download mnist --data-dir data/\n"
                               "  spore download https://example.com/data.zip --data-dir data/ --sha256 HEX\n";

int cli_download(int count, char **words)
{
    const char *what = NULL, *folder = NULL, *sha256 = NULL;
    bool keep = false, replace = false;
    const cli_option table[] = {
        {"data-dir", "DIR", CLI_TEXT, &folder, "folder to put it in; else the cache", 0, 0, NULL},
        {"sha256", "HEX", CLI_TEXT, &sha256, "64 digits that the file must have (of a URL)", 0, 0, NULL},
        {"no-unpack", NULL, CLI_FLAG, &keep, "leave an archive as it is (of a URL)", 0, 0, NULL},
        {"replace", NULL, CLI_FLAG, &replace, "fetch it even if it is there (of a URL)", 0, 0, NULL},
        {0}};
    const cli_usage usage = {"download", "mnist|URL", 1, 1, about, table, NULL, examples};
    int status = cli_parse(&usage, count, words, &what);
    if (status != CLI_GO_ON)
        return status;
    if (strcmp(what, "mnist") == 0 && !sha256 && !keep && !replace)
        return download_mnist(folder);
    if (strcmp(what, "mnist") == 0)
        return cli_misused("download", "mnist: expected no option but --data-dir (its checksum is known)");
    if (!strstr(what, "://"))
        return cli_misused("download", "found '%s', expected mnist or a URL (https://...)", what);
    if (sha256 && (strlen(sha256) != 64 || strspn(sha256, "0123456789abcdefABCDEF") != 64))
        return cli_misused("download", "--sha256: found '%s', expected 64 hexadecimal digits", sha256);
    sp_status st = sp_download(.url = what, .dir = folder, .sha256 = sha256, .no_unpack = keep, .replace = replace,
                               .progress = cli_progress);
    if (st != SP_OK)
        return cli_failed();
    printf("Downloaded %s to %s\n", what, folder ? folder : sp_cache_dir());
    return CLI_DONE;
}
