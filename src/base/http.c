#include <crosscut/http.h>

const char *http_header(const struct http_response *response, const char *name)
{
    return json_string_value(json_object_get(response->headers, name));
}
