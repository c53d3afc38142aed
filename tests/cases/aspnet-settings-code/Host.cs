builder.WebHost.UseUrls("http://+:5000");
