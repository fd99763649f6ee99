/* Every platform, from adapters/list.h. */
#include <crosscut/adapter.h>

#include <string.h>

#define ADAPTER(symbol) extern const struct adapter adapter_##symbol;
#include "adapters/list.h"
#undef ADAPTER

const struct adapter *const adapters[] = {
#define ADAPTER(symbol) &adapter_##symbol,
#include "adapters/list.h"
#undef ADAPTER
    NULL,
};

const struct adapter *adapter_find(const char *name)
{
    for (const struct adapter *const *a = adapters; *a; a++)
        if (!strcmp((*a)->name, name))
            return *a;
    return NULL;
}
