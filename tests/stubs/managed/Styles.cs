// The ways C# has to subscribe. No method does anything.
using System;
using System.Threading.Tasks;
using System.Web;

namespace Stub
{
    public class Lambda : IHttpModule
    {
        public void Init(HttpApplication application) { application.BeginRequest += (sender, e) => { }; }
        public void Dispose() { }
    }

    public class Anonymous : IHttpModule
    {
        public void Init(HttpApplication application) { application.EndRequest += delegate { }; }
        public void Dispose() { }
    }

    public class Closure : IHttpModule
    {
        public void Init(HttpApplication application)
        {
            var count = 0;
            application.LogRequest += (sender, e) => { count++; };
        }
        public void Dispose() { }
    }

    public class Static : IHttpModule
    {
        public void Init(HttpApplication application) { application.Error += OnError; }
        public void Dispose() { }
        static void OnError(object sender, EventArgs e) { }
    }

    public class Helper : IHttpModule
    {
        public void Init(HttpApplication application) { Subscribe(application, OnLog); Subscribe(application, OnAgain); }
        public void Dispose() { }
        static void Subscribe(HttpApplication application, EventHandler handler) { application.PostLogRequest += handler; }
        void OnLog(object sender, EventArgs e) { }
        void OnAgain(object sender, EventArgs e) { }
    }

    public class Local : IHttpModule
    {
        public void Init(HttpApplication application)
        {
            EventHandler handler = OnBoth;
            application.BeginRequest += handler;
            application.EndRequest += handler;
        }
        public void Dispose() { }
        void OnBoth(object sender, EventArgs e) { }
    }

    public class Chosen : IHttpModule
    {
        readonly bool which = false;
        public void Init(HttpApplication application)
        {
            application.BeginRequest += which ? new EventHandler(OnOne) : new EventHandler(OnOther);
        }
        public void Dispose() { }
        void OnOne(object sender, EventArgs e) { }
        void OnOther(object sender, EventArgs e) { }
    }

    public class Kept : IHttpModule
    {
        static readonly EventHandler Handler = OnKept;
        public void Init(HttpApplication application) { application.PreSendRequestContent += Handler; }
        public void Dispose() { }
        static void OnKept(object sender, EventArgs e) { }
    }

    public class Returned : IHttpModule
    {
        public void Init(HttpApplication application) { application.AuthorizeRequest += Make(application); }
        public void Dispose() { }
        EventHandler Make(HttpApplication application) { return OnMade; }
        void OnMade(object sender, EventArgs e) { }
    }

    public class Field : IHttpModule
    {
        HttpApplication application;
        public void Init(HttpApplication given) { application = given; Subscribe(); }
        public void Dispose() { }
        void Subscribe() { application.MapRequestHandler += OnMap; }
        void OnMap(object sender, EventArgs e) { }
    }

    public class Explicit : IHttpModule
    {
        void IHttpModule.Init(HttpApplication application) { application.AcquireRequestState += OnState; }
        void IHttpModule.Dispose() { }
        void OnState(object sender, EventArgs e) { }
    }

    public abstract class Base : IHttpModule
    {
        public void Init(HttpApplication application) { application.AuthenticateRequest += OnAuthenticate; }
        public void Dispose() { }
        protected abstract void OnAuthenticate(object sender, EventArgs e);
    }

    public class Derived : Base
    {
        protected override void OnAuthenticate(object sender, EventArgs e) { }
    }

    public abstract class Generic<T> : IHttpModule
    {
        public virtual void Init(HttpApplication application) { application.UpdateRequestCache += OnUpdate; }
        public void Dispose() { }
        void OnUpdate(object sender, EventArgs e) { }
    }

    public class OfGeneric : Generic<string> { }

    public class Asynchronous : IHttpModule
    {
        public void Init(HttpApplication application)
        {
            application.AddOnBeginRequestAsync(Begin, End);
            application.AddOnPostLogRequestAsync(Begin, End, null);
        }
        public void Dispose() { }
        IAsyncResult Begin(object sender, EventArgs e, AsyncCallback done, object extra) { return null; }
        void End(IAsyncResult result) { }
    }

    public class Tasks : IHttpModule
    {
        public void Init(HttpApplication application)
        {
            var wrapper = new EventHandlerTaskAsyncHelper(OnTask);
            application.AddOnEndRequestAsync(wrapper.BeginEventHandler, wrapper.EndEventHandler);
        }
        public void Dispose() { }
        Task OnTask(object sender, EventArgs e) { return null; }
    }

    public class Removes : IHttpModule
    {
        public void Init(HttpApplication application) { application.BeginRequest -= OnBegin; }
        public void Dispose() { }
        void OnBegin(object sender, EventArgs e) { }
    }

    public class Silent : IHttpModule
    {
        public void Init(HttpApplication application) { }
        public void Dispose() { }
    }

    public class Unknown : IHttpModule
    {
        public EventHandler Handler { get; set; }
        public void Init(HttpApplication application) { application.PostMapRequestHandler += Handler; }
        public void Dispose() { }
    }

    public class Holder
    {
        public class Nested : IHttpModule
        {
            public void Init(HttpApplication application) { application.PreSendRequestHeaders += OnHeaders; }
            public void Dispose() { }
            void OnHeaders(object sender, EventArgs e) { }
        }
    }

    public class Global : HttpApplication
    {
        protected void Application_Start(object sender, EventArgs e) { }
        protected void Application_BeginRequest(object sender, EventArgs e) { }
        protected void Application_OnEndRequest() { }
        protected void Application_Nothing(object sender, EventArgs e) { }
        protected int Application_LogRequest() { return 0; }
        public override void Init() { PostAuthorizeRequest += OnPost; }
        void OnPost(object sender, EventArgs e) { }
    }
}
