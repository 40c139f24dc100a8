/* An inert native module in C, its interface a table of functions: `this` is passed as the first argument. */
#include "iis.h"

struct Info;
struct Methods {
    const void *(WINAPI *GetName)(struct Info *);
    void *(WINAPI *GetId)(struct Info *);
    HRESULT(WINAPI *SetRequestNotifications)(struct Info *, void *factory, DWORD mask, DWORD post);
    HRESULT(WINAPI *SetGlobalNotifications)(struct Info *, void *object, DWORD mask);
    HRESULT(WINAPI *SetPriorityForRequestNotification)(struct Info *, DWORD mask, const unsigned short *priority);
    HRESULT(WINAPI *SetPriorityForGlobalNotification)(struct Info *, DWORD mask, const unsigned short *priority);
};
struct Info {
    const struct Methods *methods;
};

void *g_id;
static void *object[1] = {0};

EXPORT HRESULT WINAPI RegisterModule(DWORD version, struct Info *info, void *server)
{
    HRESULT result;
    if (version == 0 || server == 0)
        return (HRESULT)0x80070057;
    g_id = info->methods->GetId(info);
    result = info->methods->SetRequestNotifications(info, object, REQUEST, POST);
    if (result < 0)
        return result;
    result = info->methods->SetPriorityForRequestNotification(info, (REQUEST) | (POST), (const unsigned short *)L"" PRIORITY);
    if (result < 0)
        return result;
    return info->methods->SetGlobalNotifications(info, object, GLOBAL);
}
