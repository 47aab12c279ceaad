/* Distance between two words by dynamic programming, after Damerau and Levenshtein (optimal string alignment). */
#include "base/spell.h"
#include <string.h>

enum { WORD_MAX = 31 };

static size_t min2(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* One typing error in a short word, two in a longer one: with more, almost anything would be meant. */
static size_t tolerated(size_t len)
{
    return len < 3 ? 0 : len < 6 ? 1 : 2;
}

static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t d[WORD_MAX + 1][WORD_MAX + 1];
    for (size_t i = 0; i <= n; i++)
        d[i][0] = i;
    for (size_t j = 0; j <= m; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        for (size_t j = 1; j <= m; j++) {
            d[i][j] = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            d[i][j] = min2(d[i][j], min2(d[i - 1][j], d[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = min2(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[n][m];
}

void sw_spell_try(struct sw_spell *s, const char *known)
{
    size_t n = strlen(s->word), m = strlen(known);
    if (n > WORD_MAX || m > WORD_MAX)
        return;
    size_t d = distance(s->word, n, known, m);
    if (d > tolerated(m) || (s->best && d >= s->distance))
        return;
    s->best = known;
    s->distance = d;
}
