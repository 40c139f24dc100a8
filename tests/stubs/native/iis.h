/* The parts of IIS's native interfaces that the stubs need, written from their documentation. Nothing here does anything. */
#pragma once

typedef unsigned int DWORD; /* long in Windows: of the same size there */
typedef int HRESULT;
typedef int BOOL;
#define WINAPI __stdcall
#define EXPORT __declspec(dllexport)
#define NOINLINE __attribute__((noinline))

#ifdef __cplusplus
struct IHttpModuleFactory {
    virtual HRESULT GetHttpModule(void **module, void *allocator) = 0;
    virtual void Terminate() = 0;
};

struct CGlobalModule {
    virtual void Terminate() = 0;
};

struct IHttpModuleRegistrationInfo {
    virtual const wchar_t *GetName() const = 0;
    virtual void *GetId() const = 0;
    virtual HRESULT SetRequestNotifications(IHttpModuleFactory *factory, DWORD mask, DWORD post) = 0;
    virtual HRESULT SetGlobalNotifications(CGlobalModule *object, DWORD mask) = 0;
    virtual HRESULT SetPriorityForRequestNotification(DWORD mask, const wchar_t *priority) = 0;
    virtual HRESULT SetPriorityForGlobalNotification(DWORD mask, const wchar_t *priority) = 0;
};

struct IHttpServer {
    virtual BOOL IsCommandLineLaunch() const = 0;
};
#endif

typedef struct {
    DWORD dwServerFilterVersion;
    DWORD dwFilterVersion;
    char lpszFilterDesc[257];
    DWORD dwFlags;
} HTTP_FILTER_VERSION;
