"""How a device learns to trust the certificates of this installation."""

STEPS = """
  The first time, each device must trust this installation's certificate authority:
    1. open {origin}/ca.crt on the device and accept the warning once
       (or copy {file})
    2. install it as a trusted root. Windows: Trusted Root Certification Authorities. macOS: Keychain Access,
       Always Trust. Android: Settings > Security > Install a certificate > CA certificate. iOS: install the
       profile, then Settings > General > About > Certificate Trust Settings. Firefox: Settings >
       Certificates > Authorities > Import.

  每台设备首次使用时，需要信任本机的证书颁发机构：
    1. 在该设备上打开 {origin}/ca.crt，并接受一次安全警告
       （或复制文件 {file}）
    2. 将其安装为受信任的根证书。Windows：“受信任的根证书颁发机构”。macOS：在“钥匙串访问”中选“始终信任”。
       Android：设置 > 安全 > 安装证书 > CA 证书。iOS：安装描述文件后，设置 > 通用 > 关于本机 >
       证书信任设置。Firefox：设置 > 证书 > 颁发机构 > 导入。
"""
