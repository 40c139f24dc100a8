// Types of many kinds, and attributes with arguments. No method does anything.
using System;
using System.Web;
using System.Web.Hosting;
using System.Web.Security;

[assembly: PreApplicationStartMethod(typeof(Stub.Start), "Run")]

namespace Stub
{
    public static class Start { public static void Run() { } }

    public interface IMore : IHttpModule { }

    public class ThroughInterface : IMore
    {
        public void Init(HttpApplication application) { }
        public void Dispose() { }
    }

    public abstract class Handlers : IHttpHandler
    {
        public bool IsReusable { get { return false; } }
        public void ProcessRequest(HttpContext context) { }
    }

    public class Handler : Handlers { }

    public class Paths : VirtualPathProvider { }

    public class Roles : RoleProvider
    {
        public override string ApplicationName { get { return null; } set { } }
        public override void AddUsersToRoles(string[] users, string[] roles) { }
        public override void CreateRole(string role) { }
        public override bool DeleteRole(string role, bool strict) { return false; }
        public override string[] FindUsersInRole(string role, string user) { return null; }
        public override string[] GetAllRoles() { return null; }
        public override string[] GetRolesForUser(string user) { return null; }
        public override string[] GetUsersInRole(string role) { return null; }
        public override bool IsUserInRole(string user, string role) { return false; }
        public override void RemoveUsersFromRoles(string[] users, string[] roles) { }
        public override bool RoleExists(string role) { return false; }
    }

    public class Plain { }
}
