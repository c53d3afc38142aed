var builder = WebApplication.CreateBuilder(args);
// builder.WebHost.UseUrls("http://+:5000");
builder.WebHost.ConfigureKestrel(options => options.ListenAnyIP(80));
