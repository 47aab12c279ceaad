/* What somebody may have meant who typed a word that is none of those known. */
#ifndef SW_BASE_SPELL_H
#define SW_BASE_SPELL_H

#include <stddef.h>

/*
 * A word that was typed, and the nearest of the known ones so far: NULL while none is near. Begins as {.word = typed}.
 */
struct sw_spell {
    const char *word;
    const char *best;
    size_t distance;
};

/*
 * sw_spell_try: known is another word that could be meant; it stays in best if it is nearer than those before: letters
 * that are missing, too many, wrong or swapped with their neighbour are counted, and more than two of them (one in a
 * short word) are too many. Both are texts of any length; beyond 31 letters nothing is near. known must live as long as
 * s is used.
 */
void sw_spell_try(struct sw_spell *s, const char *known);

#endif
