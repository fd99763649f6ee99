/* Where a key stands in a JSON text, for errors a person can find. Jansson forgets it. */
#ifndef INGEST_WHERE_H
#define INGEST_WHERE_H

struct where { int line, column; };    /* from 1; column in characters */

/* Position of the value of `key`, or of `inner` in the object under `key`, in a text that is a valid JSON object.
 * inner NULL: of key. The start of the text when it is not found. */
struct where json_where(const char *text, const char *key, const char *inner);

#endif
