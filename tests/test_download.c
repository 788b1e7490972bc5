/* Downloads and archives, from a server of our own: what is good arrives whole, what is not leaves nothing behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/files.h"
#include "support/http.h"
#include "support/idx_files.h"
#include "support/rows.h"

static http_server server;
static char site[64]; /* what the server serves */
static char here[64]; /* where downloads go     */

static int begin(void **state)
{
    (void)state;
    sp_error_clear();
    snprintf(here, sizeof here, "%s", folder_new());
    return 0;
}

static int end(void **state)
{
    (void)state;
    folder_remove(here);
    return 0;
}

static void check_says(sp_status status, sp_status expected, const char *says)
{
    if (status != expected || sp_error() != expected || !strstr(sp_error_text(), says))
        fail_msg("status %d: '%s', expected %d: '...%s...'", (int)status, sp_error_text(), (int)expected, says);
    sp_error_clear();
}

/* ---- SHA-256: the examples of FIPS 180-4's companion page and of RFC 6234 ---- */

static void check_hash(const char *text, int times, const char *expected)
{
    sp__sha256 s;
    char hex[65];
    sp__sha256_begin(&s);
    for (int i = 0; i < times; i++)
        sp__sha256_add(&s, text, strlen(text));
    sp__sha256_end(&s, hex);
    assert_string_equal(hex, expected);
}

static void sha256_gives_the_published_digests(void **state)
{
    (void)state;
    check_hash("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check_hash("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check_hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
               "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    check_hash("a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    check_hash("0123456701234567012345670123456701234567012345670123456701234567", 10,
               "594847328451bdfa85056225462cc1d867d877fb388df0ce35f25ab5562bfbb5");
}

#if defined(SPORE_HAVE_ARCHIVE) && defined(SPORE_HAVE_CURL)

#include <archive.h>
#include <archive_entry.h>

/* ---- archives ---- */

typedef struct entry {
    const char *name;
    const char *text; /* of a file; the target of a link */
    int type;         /* 0: a file */
    size_t zeros;     /* appended to text */
} entry;

enum { LINK = -1 }; /* a hard link */

static void put_entry(struct archive *a, const entry *in)
{
    static const char zeros[65536];
    struct archive_entry *e = archive_entry_new();
    const int type = in->type > 0 ? in->type : (int)AE_IFREG;
    size_t n = type == (int)AE_IFREG && in->type != LINK ? strlen(in->text) : 0;
    archive_entry_set_pathname(e, in->name);
    archive_entry_set_filetype(e, (unsigned)type);
    archive_entry_set_perm(e, 0644);
    archive_entry_set_size(e, (la_int64_t)(n + in->zeros));
    if (type == (int)AE_IFLNK)
        archive_entry_set_symlink(e, in->text);
    if (in->type == LINK)
        archive_entry_set_hardlink(e, in->text);
    assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
    if (n)
        assert_int_equal(archive_write_data(a, in->text, n), n);
    for (size_t left = in->zeros; left > 0;) {
        size_t k = left < sizeof zeros ? left : sizeof zeros;
        assert_int_equal(archive_write_data(a, zeros, k), k);
        left -= k;
    }
    archive_entry_free(e);
}

/* Writes folder/name, of the kind its name says, with these entries (the last has no name). Its path. */
static const char *archive_of(const char *folder, const char *name, const entry *entries)
{
    const char *path = in_folder(folder, name);
    struct archive *a = archive_write_new();
    if (strstr(name, ".zip"))
        archive_write_set_format_zip(a);
    else
        archive_write_set_format_ustar(a);
    if (strstr(name, "gz"))
        archive_write_add_filter_gzip(a);
    assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
    for (; entries->name; entries++)
        put_entry(a, entries);
    assert_int_equal(archive_write_close(a), ARCHIVE_OK);
    archive_write_free(a);
    return path;
}

static const entry good[] = {{.name = "set/", .text = "", .type = AE_IFDIR},
                             {.name = "set/a.txt", .text = "first"},
                             {.name = "set/deep/er/b.txt", .text = "second"},
                             {0}};

static void check_file(const char *name, const char *expected)
{
    char text[256] = "";
    FILE *f = fopen(in_folder(here, name), "rb");
    if (!f)
        fail_msg("%s is not there", name);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    assert_string_equal(text, expected);
}

static void good_archives_are_unpacked(void **state)
{
    (void)state;
    static const char *const names[] = {"x.zip", "x.tar", "x.tar.gz", "x.tgz"};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(sp_unpack(archive_of(site, names[i], good), here, 0), SP_OK);
        check_file("set/a.txt", "first");
        check_file("set/deep/er/b.txt", "second");
        assert_int_equal(folder_count(here), 1);
        if (i < 2)
            continue;
        assert_int_equal(unlink(in_folder(here, "set/a.txt")),
                         0); /* the next one mends it, and keeps what else is there */
        assert_true(file_write(in_folder(here, "set/mine.txt"), "mine", 4));
    }
    check_file("set/mine.txt", "mine");
}

static void a_gz_is_one_file(void **state)
{
    (void)state;
    char command[256];
    assert_true(file_write(in_folder(site, "one.txt"), "hello", 5));
    snprintf(command, sizeof command, "gzip -f %s/one.txt", site);
    assert_int_equal(system(command), 0);
    assert_int_equal(sp_unpack(in_folder(site, "one.txt.gz"), here, 0), SP_OK);
    check_file("one.txt", "hello");
}

static void hostile_archives_leave_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *archive;
        entry entries[3];
        sp_status status;
        const char *says;
    } cases[] = {
        {"x.zip", {{"ok", "fine", 0, 0}, {"../evil", "x", 0, 0}}, SP_ERR_FORMAT, "outside"},
        {"x.tar", {{"a/../../evil", "x", 0, 0}}, SP_ERR_FORMAT, "outside"},
        {"x.tar", {{"a/b/..", "x", 0, 0}}, SP_ERR_FORMAT, "outside"},
        {"x.tar", {{"/tmp/evil", "x", 0, 0}}, SP_ERR_FORMAT, "outside"},
        {"x.zip", {{"..\\evil", "x", 0, 0}}, SP_ERR_FORMAT, "outside"},
        {"x.tar.gz", {{"ok", "fine", 0, 0}, {"l", "/etc/passwd", AE_IFLNK, 0}}, SP_ERR_FORMAT, "link"},
        {"x.zip", {{"l", "..", AE_IFLNK, 0}, {"l/evil", "x", 0, 0}}, SP_ERR_FORMAT, "link"},
        {"x.tar", {{"ok", "fine", 0, 0}, {"h", "ok", LINK, 0}}, SP_ERR_FORMAT, "link"},
        {"x.tar", {{"p", "", AE_IFIFO, 0}}, SP_ERR_FORMAT, "neither a file nor a folder"},
        {"x.tar", {{"d", "", AE_IFCHR, 0}}, SP_ERR_FORMAT, "neither a file nor a folder"},
        {"x.tar", {{"same", "1", 0, 0}, {"same", "2", 0, 0}}, SP_ERR_FORMAT, "twice"},
        {"x.zip", {{"big", "", 0, 2000000}}, SP_ERR_VALUE, "limit of 1000000"},
        {"x.tar.gz", {{"a", "", 0, 600000}, {"b", "", 0, 600000}}, SP_ERR_VALUE, "limit of 1000000"},
        {"x.zip", {{0}}, SP_ERR_FORMAT, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = archive_of(site, cases[i].archive, cases[i].entries);
        check_says(sp_unpack(path, here, 1000000), cases[i].status, cases[i].says);
        assert_int_equal(folder_count(here), 0);
        assert_false(sp__is_file(in_folder(here, "../evil")));
    }
    check_says(sp_unpack(in_folder(site, "none.zip"), here, 0), SP_ERR_IO, "is not there");
    check_says(sp_unpack(in_folder(site, "x.rar"), here, 0), SP_ERR_VALUE, ".zip");
    check_says(sp_unpack(NULL, here, 0), SP_ERR_VALUE, "NULL");
    check_says(sp_unpack("x.zip", NULL, 0), SP_ERR_VALUE, "NULL");
}

static void put_file(const char *name, const char *text)
{
    assert_true(file_write(in_folder(site, name), text, strlen(text)));
}

static void what_is_no_archive_is_refused_by_its_kind(void **state)
{
    (void)state;
    static const struct {
        const char *name, *says;
    } cases[] = {{"no.zip", "not a whole zip archive"},
                 {"no.tar", "not a whole tar archive"},
                 {"no.tar.gz", "not a whole tar archive"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_file(cases[i].name,
                 "this is a text, and a long enough one for no reader to take it for a part of something else");
        check_says(sp_unpack(in_folder(site, cases[i].name), here, 0), SP_ERR_FORMAT, cases[i].says);
        assert_int_equal(folder_count(here), 0);
    }
    const char *torn = archive_of(site, "torn.tar.gz", (entry[]){{"a", "text", 0, 300000}, {0}});
    assert_true(file_cut(torn, 100));
    check_says(sp_unpack(torn, here, 0), SP_ERR_FORMAT, "torn.tar.gz");
    char command[256];
    put_file("half", "hello, hello, hello, hello, hello, hello");
    snprintf(command, sizeof command, "gzip -f %s/half", site);
    assert_int_equal(system(command), 0);
    for (size_t cut = 32; cut > 0; cut -= 8) { /* the end, the middle, the header */
        assert_true(file_cut(in_folder(site, "half.gz"), cut));
        check_says(sp_unpack(in_folder(site, "half.gz"), here, 0), SP_ERR_FORMAT, "not a whole gzip archive");
        assert_int_equal(folder_count(here), 0);
    }
    put_file("text.gz", "not compressed at all");
    check_says(sp_unpack(in_folder(site, "text.gz"), here, 0), SP_ERR_FORMAT, "not a whole gzip archive");
    assert_int_equal(folder_count(here), 0);
}

static void names_beyond_all_bounds_are_refused(void **state)
{
    (void)state;
    char name[1200], deep[200], wide[400];
    memset(name, 'n', sizeof name);
    for (size_t i = 100; i < sizeof name; i += 100)
        name[i] = '/';
    name[1100] = 0;
    for (size_t i = 0; i < 198; i += 2)
        memcpy(deep + i, "d/", 2);
    memcpy(deep + 196, "d", 2);
    memset(wide, 'w', sizeof wide);
    wide[300] = 0;
    const struct {
        const char *archive, *name;
        sp_status status;
        const char *says;
    } cases[] = {{"x.zip", name, SP_ERR_FORMAT, "outside"},
                 {"x.zip", deep, SP_ERR_FORMAT, "outside"},
                 {"x.zip", wide, SP_ERR_IO, "unpack: "},
                 {"x.zip", "/", SP_ERR_FORMAT, "outside"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = archive_of(site, cases[i].archive, (entry[]){{cases[i].name, "x", 0, 0}, {0}});
        check_says(sp_unpack(path, here, 0), cases[i].status, cases[i].says);
        assert_int_equal(folder_count(here), 0);
    }
    const char *odd = archive_of(site, "x.tar", (entry[]){{"\x01odd/../\x7f", "x", 0, 0}, {0}});
    check_says(sp_unpack(odd, here, 0), SP_ERR_FORMAT, "'?odd/../?'");
    check_says(sp_unpack(odd, here, -1), SP_ERR_VALUE, "a limit of -1 bytes");
    snprintf(name, sizeof name, "%s/%s.zip", site, wide); /* of the archive itself */
    check_says(sp_unpack(name, here, 0), SP_ERR_VALUE, "is expected");
}

static void a_file_where_a_folder_should_be(void **state)
{
    (void)state;
    const char *path = archive_of(site, "x.zip", (entry[]){{"a", "x", 0, 0}, {"a/b", "y", 0, 0}, {0}});
    check_says(sp_unpack(path, here, 0), SP_ERR_IO, "unpack");
    assert_int_equal(folder_count(here), 0);
    put_file("file", "x");
    path = archive_of(site, "x.zip", good);
    check_says(sp_unpack(path, in_folder(site, "file"), 0), SP_ERR_IO, "file");
    check_says(sp_unpack(path, "/proc", 0), SP_ERR_IO, "a folder in /proc cannot be made");
}

static void encrypted_entries_are_refused(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/secret.zip", site);
    struct archive *a = archive_write_new();
    archive_write_set_format_zip(a);
    if (archive_write_set_options(a, "zip:encryption=traditional") != ARCHIVE_OK ||
        archive_write_set_passphrase(a, "word") != ARCHIVE_OK) {
        archive_write_free(a); /* a libarchive that cannot encrypt */
        skip();
    }
    assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
    put_entry(a, &(entry){"secret", "text", 0, 0});
    assert_int_equal(archive_write_close(a), ARCHIVE_OK);
    archive_write_free(a);
    check_says(sp_unpack(path, here, 0), SP_ERR_UNSUPPORTED, "'secret' is encrypted");
    assert_int_equal(folder_count(here), 0);
}

/* Cut anywhere, or with any byte changed: an error or the right content, never a part of it. */
static void damaged_archives_leave_nothing(void **state)
{
    (void)state;
    static const char *const names[] = {"x.zip", "x.tar.gz"};
    for (int k = 0; k < 2; k++) {
        struct stat info;
        const char *path = archive_of(site, names[k], good);
        assert_int_equal(stat(path, &info), 0);
        for (off_t cut = 0; cut < info.st_size - 24; cut += 7) {
            path = archive_of(site, names[k], good);
            assert_true(file_cut(path, (size_t)cut));
            sp_status st = sp_unpack(path, here, 0);
            assert_int_equal(st == SP_OK, sp_error() == SP_OK);
            assert_int_equal(folder_count(here), st == SP_OK ? 1 : 0);
            if (st == SP_OK) /* what is missing is padding or the directory of a zip */
                check_file("set/deep/er/b.txt", "second");
            sp__remove_tree(in_folder(here, "set"));
            sp_error_clear();
        }
    }
}

/* ---- downloads ---- */

static void a_download_is_unpacked_and_kept(void **state)
{
    (void)state;
    archive_of(site, "set.zip", good);
    const char *url = http_url(&server, "/set.zip");
    assert_int_equal(sp_download(url, here), SP_OK);
    check_file("set/a.txt", "first");
    assert_true(sp__is_file(in_folder(here, "set.zip")));
    assert_int_equal(folder_count(here), 3);

    /* It is there: not even the server is asked. */
    assert_int_equal(unlink(in_folder(site, "set.zip")), 0);
    assert_int_equal(sp_download(url, here), SP_OK);
    check_says(sp_download(url, here, .replace = true), SP_ERR_IO, "404");
    check_file("set/a.txt", "first"); /* a failed replacement takes nothing away */
    assert_int_equal(folder_count(here), 3);
}

static void a_file_put_there_by_hand_is_used(void **state)
{
    (void)state;
    archive_of(here, "set.zip", good);
    assert_int_equal(sp_download("http://127.0.0.1:1/set.zip", here), SP_OK);
    check_file("set/a.txt", "first");
}

static void files_come_through_redirects_and_without_a_length(void **state)
{
    (void)state;
    assert_true(file_write(in_folder(site, "plain.bin"), "0123456789", 10));
    assert_int_equal(sp_download(http_url(&server, "/redirect/plain.bin"), here), SP_OK);
    check_file("plain.bin", "0123456789");
    assert_int_equal(sp_download(http_url(&server, "/unsized/plain.bin?version=2"), here, .replace = true), SP_OK);
    check_file("plain.bin", "0123456789");
    char url[256];
    snprintf(url, sizeof url, "file://%s/plain.bin", site);
    assert_int_equal(sp_download(url, here, .replace = true), SP_OK);
    assert_int_equal(folder_count(here), 1);
}

static void failed_downloads_leave_nothing(void **state)
{
    (void)state;
    static char body[5000];
    assert_true(file_write(in_folder(site, "x.bin"), body, sizeof body));
    const char *zeros = "0000000000000000000000000000000000000000000000000000000000000000";
    check_says(sp_download(http_url(&server, "/none.zip"), here), SP_ERR_IO, "answers 404");
    check_says(sp_download(http_url(&server, "/page/x.zip"), here), SP_ERR_FORMAT, "HTML page");
    check_says(sp_download(http_url(&server, "/page/x.tar.gz"), here, .no_unpack = true), SP_ERR_FORMAT, "HTML page");
    check_says(sp_download(http_url(&server, "/cut/x.bin"), here), SP_ERR_IO, "put it at");
    check_says(sp_download(http_url(&server, "/x.bin"), here, .max_bytes = 4999), SP_ERR_VALUE, "limit of 4999");
    check_says(sp_download(http_url(&server, "/unsized/x.bin"), here, .max_bytes = 4999), SP_ERR_VALUE,
               "limit of 4999");
    check_says(sp_download(http_url(&server, "/endless/x.bin"), here, .max_bytes = 100000), SP_ERR_VALUE, "limit of");
    check_says(sp_download(http_url(&server, "/x.bin"), here, .sha256 = zeros), SP_ERR_FORMAT, "SHA-256 is ");
    check_says(sp_download("http://127.0.0.1:1/x.bin", here), SP_ERR_IO, "offline");
    assert_true(file_write(in_folder(site, "x.zip"), body, sizeof body));
    check_says(sp_download(http_url(&server, "/x.zip"), here), SP_ERR_FORMAT, "not a whole zip");
    assert_int_equal(folder_count(here), 0);
    assert_int_equal(sp_download(http_url(&server, "/x.bin"), here, .max_bytes = 5000), SP_OK);
}

static void a_hash_is_checked_also_of_what_is_there(void **state)
{
    (void)state;
    const char *hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_true(file_write(in_folder(site, "abc.bin"), "abc", 3));
    assert_true(file_write(in_folder(here, "abc.bin"), "not", 3));
    assert_int_equal(sp_download(http_url(&server, "/abc.bin"), here, .sha256 = hash), SP_OK);
    check_file("abc.bin", "abc");
    assert_int_equal(sp_download("http://127.0.0.1:1/abc.bin", here, .sha256 = hash), SP_OK);
}

static void wrong_requests_are_refused(void **state)
{
    (void)state;
    check_says(sp_download_with(NULL), SP_ERR_VALUE, "NULL");
    check_says(sp_download(NULL), SP_ERR_VALUE, "NULL");
    check_says(sp_download("ftp://127.0.0.1/x.bin", here), SP_ERR_VALUE, "http://");
    check_says(sp_download("http://127.0.0.1/", here), SP_ERR_VALUE, "name of a file");
    check_says(sp_download("http://127.0.0.1/..", here), SP_ERR_VALUE, "name of a file");
    check_says(sp_download("http://127.0.0.1/%2e%2e%2fevil", here), SP_ERR_VALUE, "name of a file");
    check_says(sp_download("http://127.0.0.1/x.bin", here, .sha256 = "12"), SP_ERR_VALUE, "64 hex digits");
    check_says(sp_download("http://127.0.0.1/x.bin", here, .max_bytes = -1), SP_ERR_VALUE, "limit");
    check_says(sp_download("http://127.0.0.1/x.bin", "/dev/null/x"), SP_ERR_IO, "/dev/null");
    assert_int_equal(folder_count(here), 0);
}

typedef struct seen {
    int calls, stop_at;
    sp_progress last;
} seen;

static bool watch(void *user, const sp_progress *p)
{
    seen *s = user;
    s->last = *p;
    return ++s->calls != s->stop_at;
}

static void progress_is_told_and_can_stop(void **state)
{
    (void)state;
    static char body[300000];
    assert_true(file_write(in_folder(site, "x.bin"), body, sizeof body));
    seen s = {.stop_at = -1};
    assert_int_equal(sp_download(http_url(&server, "/x.bin"), here, .progress = watch, .user = &s), SP_OK);
    assert_int_equal(s.last.done, sizeof body);
    assert_int_equal(s.last.total, sizeof body);
    assert_true(s.last.rate > 0);
    assert_true(s.last.eta == 0);
    s = (seen){.stop_at = 1};
    check_says(sp_download(http_url(&server, "/endless/y.bin"), here, .progress = watch, .user = &s),
               SP_ERR_INTERRUPTED, "stopped");
    assert_int_equal(folder_count(here), 1);
}

/* A file may not grow beyond this: what a full disk does to a write. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    signal(SIGXFSZ, bytes == RLIM_INFINITY ? SIG_DFL : SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes == RLIM_INFINITY ? limit.rlim_max : bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_leaves_nothing(void **state)
{
    (void)state;
    static char body[100000];
    assert_true(file_write(in_folder(site, "x.bin"), body, sizeof body));
    const char *path = archive_of(site, "big.tar.gz", (entry[]){{"set/big", "", 0, 100000}, {0}});
    limit_files(50000);
    sp_status fetched = sp_download(http_url(&server, "/x.bin"), here);
    int left = folder_count(here);
    char text[512];
    snprintf(text, sizeof text, "%s", sp_error_text());
    sp_error_clear();
    sp_status unpacked = sp_unpack(path, here, 0);
    limit_files(RLIM_INFINITY);
    assert_int_equal(fetched, SP_ERR_IO);
    assert_non_null(strstr(text, "writing"));
    assert_int_equal(left, 0);
    check_says(unpacked, SP_ERR_IO, "writing");
    assert_int_equal(folder_count(here), 0);
}

/* ---- MNIST ---- */

static void mnist_is_found_where_it_may_be(void **state)
{
    (void)state;
    char zip[600], command[1024];
    sp_scope scope = sp_scope_begin();
    setenv("SPORE_CACHE", in_folder(here, "cache"), 1);
    assert_null(sp_find_mnist(here, true, NULL, NULL));
    check_says(sp_error(), SP_ERR_IO, "MNIST_Data.zip");
    assert_null(sp_find_mnist(in_folder(here, "typo"), false, NULL, NULL)); /* no download, whatever `offline` says */
    check_says(sp_error(), SP_ERR_IO, "typo: No such file or directory");
    assert_null(sp_find_mnist(NULL, true, NULL, NULL));
    check_says(sp_error(), SP_ERR_IO, "cache, and not to be downloaded");

    assert_int_equal(sp__make_folder("test", in_folder(here, "MNIST_Data/train")), SP_OK);
    assert_int_equal(sp__make_folder("test", in_folder(here, "MNIST_Data/test")), SP_OK);
    assert_true(idx_write(in_folder(here, "MNIST_Data/train"), "train", 3, 2, 2));
    assert_true(idx_write(in_folder(here, "MNIST_Data/test"), "t10k", 2, 2, 2));
    assert_string_equal(sp_find_mnist(here, true, NULL, NULL), in_folder(here, "MNIST_Data"));
    assert_string_equal(sp_find_mnist(in_folder(here, "MNIST_Data"), true, NULL, NULL), in_folder(here, "MNIST_Data"));

    /* As a zip beside nothing else. */
    const entry entries[] = {{"MNIST_Data/train/train-images-idx3-ubyte", "x", 0, 0},
                             {"MNIST_Data/test/t10k-images-idx3-ubyte", "x", 0, 0},
                             {0}};
    snprintf(command, sizeof command, "%s/MNIST_Data", here);
    sp__remove_tree(command);
    archive_of(here, "MNIST_Data.zip", entries);
    const char *found = sp_find_mnist(here, true, NULL, NULL);
    assert_non_null(found);
    snprintf(zip, sizeof zip, "%s/cache/mnist-", here);
    assert_memory_equal(found, zip, strlen(zip));
    assert_string_equal(sp_find_mnist(here, true, NULL, NULL), found); /* unpacked once */
    unsetenv("SPORE_CACHE");
    sp_scope_end(scope);
}

static void the_real_mnist_comes_out_of_its_zip(void **state)
{
    (void)state;
    sp_scope scope = sp_scope_begin();
    if (!sp__is_file("../shared/data/MNIST_Data.zip")) {
        print_message("../shared/data/MNIST_Data.zip is not there: the real MNIST is not checked\n");
        sp_scope_end(scope);
        skip();
    }
    setenv("SPORE_CACHE", here, 1);
    const char *found = sp_find_mnist("../shared/data", true, NULL, NULL);
    if (!found)
        fail_msg("%s", sp_error_text());
    sp_iter *it = sp_iter_new(
        sp_data_batch(sp_data_mnist(sp__path_join(found, "test"), SP_USAGE_TEST, .no_shuffle = true), 10000));
    sp_list all;
    assert_true(sp_iter_next(it, &all));
    double pixels = 0, labels = 0;
    for (int64_t i = 0; i < sp_size_of(all.at[0]); i++)
        pixels += sp_at(all.at[0], i);
    for (int64_t i = 0; i < 10000; i++)
        labels += sp_at(all.at[1], i);
    assert_int_equal(sp_at(all.at[1], 0), 7);                    /* the first test image is a 7 */
    assert_int_equal(labels, 44434);                             /* 980 zeros, 1135 ones, ..., 1009 nines */
    assert_int_equal(pixels / (10000 * 784. * 255) * 1e4, 1325); /* mean 0.1325, as everybody finds */
    sp_iter_free(it);
    sp_dataset *ds = sp_data_mnist(sp__path_join(found, "train"));
    assert_int_equal(sp_data_size(ds), 60000);
    sp_data_free(ds);
    unsetenv("SPORE_CACHE");
    sp_scope_end(scope);
}

#endif

static void the_cache_follows_the_environment(void **state)
{
    (void)state;
    const char *variables[] = {"SPORE_CACHE", "XDG_CACHE_HOME", "HOME"};
    const char *expected[] = {"/a", "/a/spore", "/a/.cache/spore"};
    char *before[3];
    sp_scope scope = sp_scope_begin();
    for (int i = 0; i < 3; i++) {
        before[i] = getenv(variables[i]) ? strdup(getenv(variables[i])) : NULL;
        setenv(variables[i], "/a", 1);
    }
    for (int i = 0; i < 3; i++) {
        assert_string_equal(sp_cache_dir(), expected[i]);
        unsetenv(variables[i]);
    }
    assert_null(sp_cache_dir());
    check_says(sp_error(), SP_ERR_IO, "SPORE_CACHE");
    for (int i = 0; i < 3; i++) {
        if (before[i])
            setenv(variables[i], before[i], 1);
        free(before[i]);
    }
    sp_scope_end(scope);
}

#ifndef SPORE_HAVE_CURL
static void without_libcurl_it_is_said_what_to_do(void **state)
{
    (void)state;
    check_says(sp_download("http://127.0.0.1:1/set.bin", here), SP_ERR_UNSUPPORTED, "without libcurl");
    assert_int_equal(folder_count(here), 0);
}
#endif

#ifndef SPORE_HAVE_ARCHIVE
static void without_libarchive_it_is_said_what_to_do(void **state)
{
    (void)state;
    check_says(sp_unpack("set.zip", here, 0), SP_ERR_UNSUPPORTED, "without libarchive");
    assert_int_equal(folder_count(here), 0);
}
#endif

static int group_begin(void **state)
{
    (void)state;
    snprintf(site, sizeof site, "%s", folder_new());
    return http_begin(&server, site) ? 0 : -1;
}

static int group_end(void **state)
{
    (void)state;
    http_end(&server);
    folder_remove(site);
    return 0;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(sha256_gives_the_published_digests),
        CASE(the_cache_follows_the_environment),
#ifndef SPORE_HAVE_CURL
        CASE(without_libcurl_it_is_said_what_to_do),
#endif
#ifndef SPORE_HAVE_ARCHIVE
        CASE(without_libarchive_it_is_said_what_to_do),
#endif
#if defined(SPORE_HAVE_ARCHIVE) && defined(SPORE_HAVE_CURL)
        CASE(good_archives_are_unpacked),
        CASE(a_gz_is_one_file),
        CASE(hostile_archives_leave_nothing),
        CASE(damaged_archives_leave_nothing),
        CASE(what_is_no_archive_is_refused_by_its_kind),
        CASE(names_beyond_all_bounds_are_refused),
        CASE(a_file_where_a_folder_should_be),
        CASE(encrypted_entries_are_refused),
        CASE(a_download_is_unpacked_and_kept),
        CASE(a_file_put_there_by_hand_is_used),
        CASE(files_come_through_redirects_and_without_a_length),
        CASE(failed_downloads_leave_nothing),
        CASE(a_hash_is_checked_also_of_what_is_there),
        CASE(wrong_requests_are_refused),
        CASE(progress_is_told_and_can_stop),
        CASE(a_full_disk_leaves_nothing),
        CASE(mnist_is_found_where_it_may_be),
        CASE(the_real_mnist_comes_out_of_its_zip),
#endif
    };
    return cmocka_run_group_tests(tests, group_begin, group_end);
}
