"""GB/T 26875.3-2011, between transmission devices 用户信息传输装置 and a centre: every frame and unit, both ways."""
