// Every event of HttpApplication, each with a method of its own that does nothing.
using System;
using System.Web;

namespace Stub
{
    public class Events : IHttpModule
    {
        public void Init(HttpApplication application)
        {
            application.BeginRequest += OnBeginRequest;
            application.AuthenticateRequest += OnAuthenticateRequest;
            application.PostAuthenticateRequest += OnPostAuthenticateRequest;
            application.AuthorizeRequest += OnAuthorizeRequest;
            application.PostAuthorizeRequest += OnPostAuthorizeRequest;
            application.ResolveRequestCache += OnResolveRequestCache;
            application.PostResolveRequestCache += OnPostResolveRequestCache;
            application.MapRequestHandler += OnMapRequestHandler;
            application.PostMapRequestHandler += OnPostMapRequestHandler;
            application.AcquireRequestState += OnAcquireRequestState;
            application.PostAcquireRequestState += OnPostAcquireRequestState;
            application.PreRequestHandlerExecute += OnPreRequestHandlerExecute;
            application.PostRequestHandlerExecute += OnPostRequestHandlerExecute;
            application.ReleaseRequestState += OnReleaseRequestState;
            application.PostReleaseRequestState += OnPostReleaseRequestState;
            application.UpdateRequestCache += OnUpdateRequestCache;
            application.PostUpdateRequestCache += OnPostUpdateRequestCache;
            application.LogRequest += OnLogRequest;
            application.PostLogRequest += OnPostLogRequest;
            application.EndRequest += OnEndRequest;
            application.PreSendRequestHeaders += OnPreSendRequestHeaders;
            application.PreSendRequestContent += OnPreSendRequestContent;
            application.RequestCompleted += OnRequestCompleted;
            application.Error += OnError;
            application.Disposed += OnDisposed;
        }

        public void Dispose() { }

        void OnBeginRequest(object sender, EventArgs e) { }
        void OnAuthenticateRequest(object sender, EventArgs e) { }
        void OnPostAuthenticateRequest(object sender, EventArgs e) { }
        void OnAuthorizeRequest(object sender, EventArgs e) { }
        void OnPostAuthorizeRequest(object sender, EventArgs e) { }
        void OnResolveRequestCache(object sender, EventArgs e) { }
        void OnPostResolveRequestCache(object sender, EventArgs e) { }
        void OnMapRequestHandler(object sender, EventArgs e) { }
        void OnPostMapRequestHandler(object sender, EventArgs e) { }
        void OnAcquireRequestState(object sender, EventArgs e) { }
        void OnPostAcquireRequestState(object sender, EventArgs e) { }
        void OnPreRequestHandlerExecute(object sender, EventArgs e) { }
        void OnPostRequestHandlerExecute(object sender, EventArgs e) { }
        void OnReleaseRequestState(object sender, EventArgs e) { }
        void OnPostReleaseRequestState(object sender, EventArgs e) { }
        void OnUpdateRequestCache(object sender, EventArgs e) { }
        void OnPostUpdateRequestCache(object sender, EventArgs e) { }
        void OnLogRequest(object sender, EventArgs e) { }
        void OnPostLogRequest(object sender, EventArgs e) { }
        void OnEndRequest(object sender, EventArgs e) { }
        void OnPreSendRequestHeaders(object sender, EventArgs e) { }
        void OnPreSendRequestContent(object sender, EventArgs e) { }
        void OnRequestCompleted(object sender, EventArgs e) { }
        void OnError(object sender, EventArgs e) { }
        void OnDisposed(object sender, EventArgs e) { }
    }
}
