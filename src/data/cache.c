/* Where downloads are kept, and where MNIST is. */
#include "data/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char mnist_url[] =
    "https://mindspore-website.obs.cn-north-4.myhuaweicloud.com/notebook/datasets/MNIST_Data.zip";
static const char mnist_sha256[] = "1dee6ef0948b9b2c430aa3978ff87913bead8767e4954b031031daae9f91a1a6";
static const int64_t mnist_max_bytes = 256 << 20; /* 11 MB, unpacked 55 */

static const char *from_environment(const char *variable, const char *below)
{
    const char *value = getenv(variable);
    return value && *value ? sp__path_join(value, below) : NULL;
}

const char *sp_cache_dir(void)
{
    const char *dir = from_environment("SPORE_CACHE", "");
    if (!dir)
        dir = from_environment("XDG_CACHE_HOME", "spore");
    if (!dir)
        dir = from_environment("HOME", ".cache/spore");
    if (!dir)
        return sp__fail(SP_ERR_IO, "cache: none of SPORE_CACHE, XDG_CACHE_HOME and HOME is set: where to put files?");
    return dir;
}

static bool is_there(const char *dir, const char *name)
{
    const char *raw = sp__path_join(dir, name);
    return sp__is_file(raw) || (raw && sp__is_file(sp__scope_printf("%s.gz", raw)));
}

/* dir if it holds MNIST, in its two folders or without them, else NULL. */
static const char *mnist_in(const char *dir)
{
    static const char *const images[] = {"train/train-images-idx3-ubyte", "test/t10k-images-idx3-ubyte"};
    for (int i = 0; dir && i < 2; i++)
        if (!is_there(dir, images[i]) && !is_there(dir, sp__path_name(images[i])))
            return NULL;
    return dir;
}

/* In dir itself, or in dir/MNIST_Data. */
static const char *mnist_at(const char *dir)
{
    const char *found = dir ? mnist_in(dir) : NULL;
    return !found && dir ? mnist_in(sp__path_join(dir, "MNIST_Data")) : found;
}

/* dir/MNIST_Data.zip unpacked into the cache, in a folder named after what is in it. *st: why not; SP_OK if there is
 * none. */
static const char *mnist_from_zip(const char *dir, const char *cache, sp_status *st)
{
    const char *zip = sp__path_join(dir, "MNIST_Data.zip");
    char hex[65];
    if (!zip || !sp__is_file(zip))
        return NULL;
    *st = sp__hash_file("mnist", zip, hex);
    if (*st != SP_OK)
        return NULL;
    const char *name = sp__scope_printf("mnist-%.16s", hex);
    const char *into = *name ? sp__path_join(cache, name) : NULL;
    if (!into) {
        *st = SP_ERR_NOMEM;
        return NULL;
    }
    if (mnist_at(into))
        return mnist_at(into);
    *st = sp_unpack(zip, into, mnist_max_bytes);
    if (*st == SP_OK && !mnist_at(into))
        *st = sp__err(SP_ERR_FORMAT, "mnist: %s holds no MNIST_Data/train and MNIST_Data/test", zip);
    return *st == SP_OK ? mnist_at(into) : NULL;
}

/* Where the caller says, and nowhere else: a name misspelt is not to become a download. */
static const char *find_in(const char *dir)
{
    sp_status st = SP_OK;
    struct stat info;
    if (stat(dir, &info) != 0)
        return sp__fail(SP_ERR_IO, "mnist: folder %s: %s", dir, strerror(errno));
    const char *found = mnist_at(dir);
    if (found)
        return found;
    if (!sp__is_file(sp__path_join(dir, "MNIST_Data.zip")))
        return sp__fail(
            SP_ERR_IO,
            "mnist: %s holds no train/train-images-idx3-ubyte and test/t10k-images-idx3-ubyte, no MNIST_Data "
            "and no MNIST_Data.zip (%s)",
            dir, mnist_url);
    const char *cache = sp_cache_dir();
    return cache ? mnist_from_zip(dir, cache, &st) : NULL;
}

/* In the cache, or by a download into it. */
static const char *find(bool offline, bool (*progress)(void *user, const sp_progress *p), void *user)
{
    sp_status st = SP_OK;
    const char *cache = sp_cache_dir();
    const char *found = mnist_at(cache);
    if (!found && cache)
        found = mnist_from_zip(cache, cache, &st);
    if (found || !cache || st != SP_OK)
        return found;
    if (offline)
        return sp__fail(SP_ERR_IO, "mnist: not in %s, and not to be downloaded: get %s elsewhere and put it into %s",
                        cache, mnist_url, cache);
    st = sp_download(mnist_url, cache, .sha256 = mnist_sha256, .max_bytes = mnist_max_bytes, .progress = progress,
                     .user = user);
    if (st == SP_OK && !mnist_at(cache))
        return sp__fail(SP_ERR_FORMAT, "mnist: the download holds no MNIST_Data/train and MNIST_Data/test");
    return st == SP_OK ? mnist_at(cache) : NULL;
}

const char *sp_find_mnist(const char *dir, bool offline, bool (*progress)(void *user, const sp_progress *p), void *user)
{
    const char *found = dir ? find_in(dir) : find(offline, progress, user);
    return found ? sp__path_join(found, "") : NULL; /* a copy: dir is the caller's */
}
