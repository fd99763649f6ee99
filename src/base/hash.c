#include "base/hash.h"

#include "base/auto.h"
#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

struct sha256 {
    EVP_MD_CTX *ctx;
};

static void must(bool ok)
{
    if (!ok) {
        fputs("crosscut: SHA-256 is not available from libcrypto\n", stderr);
        exit(1);
    }
}

struct sha256 *sha256_create(void)
{
    struct sha256 *hash = malloc(sizeof *hash);

    must(hash != NULL);
    hash->ctx = EVP_MD_CTX_new();
    must(hash->ctx && EVP_DigestInit_ex(hash->ctx, EVP_sha256(), NULL));
    return hash;
}

void sha256_add(struct sha256 *hash, const void *bytes, size_t nb_bytes)
{
    must(EVP_DigestUpdate(hash->ctx, bytes, nb_bytes));
}

void sha256_hex(struct sha256 *hash, char hex[static SHA256_HEX_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[32];
    EVP_MD_CTX *copy = EVP_MD_CTX_new();

    must(copy && EVP_MD_CTX_copy_ex(copy, hash->ctx) && EVP_DigestFinal_ex(copy, digest, NULL));
    EVP_MD_CTX_free(copy);
    for (size_t i = 0; i < sizeof digest; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[64] = '\0';
}

void sha256_destroy(struct sha256 *hash)
{
    if (!hash)
        return;
    EVP_MD_CTX_free(hash->ctx);
    free(hash);
}

void sha256_bytes(const void *bytes, size_t nb_bytes, char hex[static SHA256_HEX_BYTES])
{
    struct sha256 *hash = sha256_create();

    sha256_add(hash, bytes, nb_bytes);
    sha256_hex(hash, hex);
    sha256_destroy(hash);
}

bool sha256_fd(int fd, char hex[static SHA256_HEX_BYTES], struct error *err)
{
    enum { CHUNK = 1 << 20 };
    AUTO_FREE unsigned char *buffer = malloc(CHUNK);
    struct sha256 *hash = sha256_create();
    off_t at = 0;
    ssize_t got = 0;

    must(buffer != NULL);
    while ((got = pread(fd, buffer, CHUNK, at)) > 0) {
        sha256_add(hash, buffer, (size_t)got);
        at += got;
    }
    if (!got)
        sha256_hex(hash, hex);
    sha256_destroy(hash);
    return got < 0 ? fail(err, ERROR_INTERNAL, "read: %s", strerror(errno)) : true;
}
