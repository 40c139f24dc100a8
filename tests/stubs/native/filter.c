/* An inert ISAPI filter: it says what it wants to be called for, and would let everything pass. FLAGS, SHAPE: as the table has them. */
#include "iis.h"

volatile DWORD g_flags = FLAGS;
volatile DWORD g_sink;
void (*g_function)(HTTP_FILTER_VERSION *);
static const char title[] = "an inert filter";

#define PLAIN 1
#define STEPS 2
#define CLEARED 3
#define FAILING 4
#define WRITABLE 5
#define GIVEN_AWAY 6
#define WIZARD 7
#define HELPER 8
#define COPIED 9

void *memset(void *, int, __SIZE_TYPE__);
char *strcpy(char *, const char *);

static void describe(HTTP_FILTER_VERSION *version)
{
    unsigned i;
    for (i = 0; i < sizeof title; i++)
        version->lpszFilterDesc[i] = title[i];
}

#if SHAPE == HELPER
static NOINLINE void fill(HTTP_FILTER_VERSION *version, DWORD flags)
{
    version->dwFlags = flags;
    describe(version);
}
#endif

EXPORT BOOL WINAPI GetFilterVersion(HTTP_FILTER_VERSION *version)
{
#if SHAPE == PLAIN
    version->dwFilterVersion = 0x60000;
    version->dwFlags = FLAGS;
    describe(version);
    return 1;
#elif SHAPE == STEPS
    version->dwFilterVersion = 0x60000;
    version->dwFlags = (FLAGS) & 0xFF;
    version->dwFlags |= (FLAGS) & 0xFF00;
    g_sink = 5;
    version->dwFlags |= (FLAGS) & 0xFFFF0000u;
    return 1;
#elif SHAPE == CLEARED
    memset(version, 0, sizeof *version);
    version->dwFilterVersion = 0x60000;
    describe(version);
    g_sink = 5;
    version->dwFlags |= FLAGS;
    return 1;
#elif SHAPE == FAILING
    if (g_sink == 7) {
        version->dwFlags = 0x8000;
        return 0;
    }
    version->dwFlags = FLAGS;
    return 1;
#elif SHAPE == WRITABLE
    version->dwFlags = g_flags;
    return 1;
#elif SHAPE == GIVEN_AWAY
    g_function(version);
    return 1;
#elif SHAPE == WIZARD
    version->dwFlags &= ~0xE0000u;
    version->dwFlags |= FLAGS;
    return 1;
#elif SHAPE == HELPER
    version->dwFilterVersion = 0x60000;
    fill(version, FLAGS);
    return 1;
#elif SHAPE == COPIED
    version->dwFlags = FLAGS;
    strcpy(version->lpszFilterDesc, title);
    return 1;
#endif
}
