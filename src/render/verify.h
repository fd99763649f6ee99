/* Verification: does the file that came out say what the recipe ordered? */
#ifndef RENDER_VERIFY_H
#define RENDER_VERIFY_H

#include <crosscut/error.h>
#include <crosscut/facts.h>
#include <crosscut/recipe.h>

/* Facts of the finished file against its recipe; ERROR_INTERNAL naming the first difference. */
bool verify_rendition(const struct recipe *recipe, const struct facts *facts, struct error *err);

#endif
