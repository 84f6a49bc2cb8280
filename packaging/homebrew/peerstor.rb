# Template, filled in by scripts/package-templates.ts; ADDRESS has the packed npm module.
class Peerstor < Formula
  desc "Private storage made of the devices you own"
  homepage "ADDRESS"
  url "ADDRESS/peerstor-VERSION.tgz"
  sha256 "SHA256"
  license "MIT"
  depends_on "node"

  def install
    system "npm", "install", *std_npm_args
    bin.install_symlink libexec.glob("bin/*")
  end

  service do
    run [opt_bin/"peerstor", "start"]
    keep_alive crashed: true
    log_path var/"log/peerstor.log"
    error_log_path var/"log/peerstor.log"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/peerstor version")
  end
end
