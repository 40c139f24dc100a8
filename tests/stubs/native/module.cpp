// An inert native module: it says what it wants to be called for, and would do nothing if it were.
// REQUEST, POST, GLOBAL: masks. PRIORITY: a text. SHAPE: how the code is written.
#include "iis.h"

namespace {
struct Factory final : IHttpModuleFactory {
    HRESULT GetHttpModule(void **, void *) override { return 0; }
    void Terminate() override {}
};
struct Global final : CGlobalModule {
    void Terminate() override {}
};
Factory factory;
Global global;
}  // namespace

extern "C" {
void *g_id;
void *g_server;
IHttpModuleRegistrationInfo *g_info;
volatile DWORD g_mask = REQUEST;
volatile DWORD g_sink;
void (*g_function)(IHttpModuleRegistrationInfo *);
extern const DWORD masks[3] = {REQUEST, POST, GLOBAL};
}

#define PLAIN 1
#define CHECKED 2
#define HELPER 3
#define KEPT 4
#define TABLE 5
#define OBJECT 6
#define HEAP 7
#define STEPS 8
#define LOOP 9
#define CONDITION 10
#define TAIL 11
#define WRITABLE 12
#define CHOICE 13
#define GIVEN_AWAY 14
#define SWITCHED 15
#define RETURNED 16
#define LOCKED 17
#define OVERWRITTEN 18
#define LOOPED 19
#define MAPPED 20

#if SHAPE == HELPER
static NOINLINE HRESULT subscribe(int unused, IHttpModuleRegistrationInfo *info, DWORD mask, DWORD post)
{
    g_sink = unused;
    return info->SetRequestNotifications(&factory, mask, post);
}
#elif SHAPE == KEPT
static NOINLINE HRESULT subscribe()
{
    HRESULT result = g_info->SetRequestNotifications(&factory, REQUEST, POST);
    return result < 0 ? result : g_info->SetGlobalNotifications(&global, GLOBAL);
}
#elif SHAPE == OBJECT
struct Registrar {
    IHttpModuleRegistrationInfo *info;
    DWORD mask;
    NOINLINE Registrar &with(DWORD bits) { mask |= bits; return *this; }
    NOINLINE HRESULT commit(DWORD post) { return info->SetRequestNotifications(&factory, mask, post); }
};
#elif SHAPE == HEAP
extern "C" __declspec(dllimport) void *WINAPI GetProcessHeap();
extern "C" __declspec(dllimport) void *WINAPI HeapAlloc(void *heap, DWORD flags, __SIZE_TYPE__ size);
struct Holder {
    void *factory;
    IHttpModuleRegistrationInfo *info;
};
#elif SHAPE == LOCKED
extern "C" __declspec(dllimport) void WINAPI Sleep(DWORD);
extern "C" __declspec(dllimport) DWORD WINAPI GetTickCount();
#elif SHAPE == OVERWRITTEN
extern "C" __declspec(dllimport) BOOL WINAPI GetExitCodeThread(void *thread, DWORD *code);
#elif SHAPE == RETURNED
static NOINLINE DWORD wanted(DWORD base) { return g_sink == 77 ? base | (REQUEST) : base ^ (REQUEST); }
#endif

extern "C" EXPORT HRESULT WINAPI RegisterModule(DWORD version, IHttpModuleRegistrationInfo *info, IHttpServer *server)
{
#if SHAPE == PLAIN
    (void)version;
    (void)server;
    return info->SetRequestNotifications(&factory, REQUEST, POST);
#elif SHAPE == CHECKED
    if (info == nullptr || server == nullptr)
        return (HRESULT)0x80070057;
    g_sink = version;
    g_id = info->GetId();
    g_server = server;
    HRESULT result = info->SetRequestNotifications(&factory, REQUEST, POST);
    if (result < 0)
        return result;
    result = info->SetPriorityForRequestNotification((REQUEST) | (POST), L"" PRIORITY);
    if (result < 0)
        return result;
    result = info->SetGlobalNotifications(&global, GLOBAL);
    if (result < 0)
        return result;
    return info->SetPriorityForGlobalNotification(GLOBAL, L"LAST");
#elif SHAPE == HELPER
    HRESULT result = subscribe((int)version, info, REQUEST, 0);
    if (result >= 0)
        result = subscribe(7, info, 0, POST);
    g_server = server;
    return result;
#elif SHAPE == KEPT
    g_info = info;
    g_sink = version;
    g_server = server;
    return subscribe();
#elif SHAPE == TABLE
    g_sink = version;
    g_server = server;
    info->SetGlobalNotifications(&global, masks[2]);
    return info->SetRequestNotifications(&factory, masks[0], masks[1]);
#elif SHAPE == OBJECT
    g_sink = version;
    g_server = server;
    Registrar registrar = {info, 0};
    return registrar.with((REQUEST) & 0xFFFF).with((REQUEST) & 0xFFFF0000u).commit(POST);
#elif SHAPE == HEAP
    g_sink = version;
    g_server = server;
    Holder *holder = (Holder *)HeapAlloc(GetProcessHeap(), 0, sizeof(Holder));
    if (holder == nullptr)
        return (HRESULT)0x8007000E;
    holder->factory = &factory;
    holder->info = info;
    g_sink = 1;
    return holder->info->SetRequestNotifications((IHttpModuleFactory *)holder->factory, REQUEST, POST);
#elif SHAPE == STEPS
    DWORD mask = (REQUEST) & 0xFF;
    g_server = server;
    mask |= (REQUEST) & 0xFFFFFF00u;
    if (version != 12345)
        g_sink = mask;
    mask &= ~0x80000000u;
    mask += (REQUEST) & 0x80000000u;
    return info->SetRequestNotifications(&factory, mask, POST);
#elif SHAPE == LOOP
    static const DWORD bits[] = {0x1, 0x400, 0x20000000};
    g_sink = version;
    g_server = server;
    for (int i = 0; i < 3; i++)
        info->SetPriorityForRequestNotification(bits[i], L"" PRIORITY);
    return info->SetRequestNotifications(&factory, 0x20000401, 0);
#elif SHAPE == CONDITION
    HRESULT result = info->SetRequestNotifications(&factory, REQUEST, POST);
    g_server = server;
    if (result >= 0 && version >= 8)
        result = info->SetGlobalNotifications(&global, GLOBAL);
    return result;
#elif SHAPE == TAIL
    g_sink = version;
    g_server = server;
    info->SetPriorityForRequestNotification(REQUEST, L"" PRIORITY);
    return info->SetRequestNotifications(&factory, REQUEST, POST);
#elif SHAPE == WRITABLE
    g_sink = version;
    g_server = server;
    return info->SetRequestNotifications(&factory, g_mask, POST);
#elif SHAPE == CHOICE
    g_server = server;
    DWORD mask = version >= 8 ? (REQUEST) | 0x400 : (REQUEST) & ~0x400u;
    return info->SetRequestNotifications(&factory, mask, POST);
#elif SHAPE == GIVEN_AWAY
    g_sink = version;
    g_server = server;
    g_function(info);
    return 0;
#elif SHAPE == SWITCHED
    g_server = server;
    switch (version) {
    case 0: g_sink = 9; g_id = 0; break;
    case 1: g_sink = 4; break;
    case 2: g_id = info->GetId(); break;
    case 3: g_sink = 3; g_sink = 4; break;
    case 4: g_id = &factory; break;
    case 5: info->SetGlobalNotifications(&global, GLOBAL); break;
    case 6: g_sink = version * 3; break;
    default: g_sink = 1;
    }
    return info->SetRequestNotifications(&factory, REQUEST, POST);
#elif SHAPE == RETURNED
    g_sink = version;
    g_server = server;
    return info->SetRequestNotifications(&factory, wanted(0), POST);
#elif SHAPE == OVERWRITTEN
    DWORD mask = REQUEST;
    g_sink = version;
    g_server = server;
    GetExitCodeThread(nullptr, &mask);
    return info->SetRequestNotifications(&factory, mask, POST);
#elif SHAPE == LOOPED
    static const DWORD bits[] = {0x3, 0x400, 0x20000000};
    g_sink = version;
    g_server = server;
    for (int i = 0; i < 3; i++) {
        HRESULT result = info->SetRequestNotifications(&factory, bits[i], 0);
        if (result < 0)
            return result;
    }
    return 0;
#elif SHAPE == MAPPED
    static const DWORD bits[] = {0x1, 0x400, 0x20000000, 0x10, 0x80, 0x200, 0x800};
    g_server = server;
    return info->SetRequestNotifications(&factory, version < 7 ? bits[version] : 2, POST);
#elif SHAPE == LOCKED
    Sleep(0);
    g_sink = GetTickCount() + version;
    Sleep(0);
    g_server = server;
    HRESULT result = info->SetRequestNotifications(&factory, REQUEST, POST);
    Sleep(0);
    return result < 0 ? result : info->SetGlobalNotifications(&global, GLOBAL);
#endif
}
