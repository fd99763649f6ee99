/* Runs a fuzz target over files, without a fuzzer: replay-NAME FILE... ; also what AFL++ starts (afl-fuzz ... @@). */
#include "fuzz.h"

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        FILE *in = fopen(argv[i], "rb");
        uint8_t *data = malloc((size_t)1 << 20);
        size_t size = in && data ? fread(data, 1, (size_t)1 << 20, in) : 0;
        uint8_t *exact = malloc(size ? size : 1);    /* so that a read beyond the input is seen */

        if (!in || !data || !exact) {
            fprintf(stderr, "%s: cannot be read\n", argv[i]);
            return 2;
        }
        memcpy(exact, data, size);
        free(data);
        fclose(in);
        LLVMFuzzerTestOneInput(exact, size);
        free(exact);
    }
    printf("%s: %d inputs\n", argv[0], argc - 1);
    return 0;
}
