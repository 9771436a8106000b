/**
 * Certificates for a node of RabbitMQ and for who connects to it.
 * @module
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { freePorts, temporaryDirectory } from "../../brokers/process.ts";

/** An authority, and what it has signed. */
export interface Certificates {
  /** The authority, PEM. */
  readonly ca: string;
  /** The certificate of the user `courier`, and its key, PEM. */
  readonly courier: { readonly cert: string; readonly key: string };
  /** Where the node listens with TLS. */
  readonly port: number;
  /** What the node is told. */
  readonly configuration: readonly string[];
  /** The plugins that it needs. */
  readonly plugins: readonly string[];
}

/** Makes an authority, a certificate for 127.0.0.1, and one for a user. */
export async function certificates(): Promise<Certificates> {
  const folder = await temporaryDirectory("certificates");
  const [port = 0] = await freePorts(1);
  const path = (name: string): string => join(folder, name);
  const read = (name: string): string => readFileSync(path(name), "utf8");
  const make = (name: string, ...args: readonly string[]): void => {
    const files = ["-keyout", path(`${name}.key`), "-out", path(`${name}.pem`)];
    const all = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...files, ...args];
    execFileSync("openssl", all, { stdio: "ignore" });
  };
  const signed = [
    ...["-CA", path("ca.pem"), "-CAkey", path("ca.key")],
    ...["-addext", "basicConstraints=critical,CA:FALSE"],
  ];
  make("ca", "-subj", "/CN=Test authority");
  make("server", "-subj", "/CN=broker", ...signed, "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost");
  make("courier", "-subj", "/CN=courier", ...signed);
  return {
    ca: read("ca.pem"),
    courier: { cert: read("courier.pem"), key: read("courier.key") },
    port,
    configuration: [
      `listeners.ssl.1 = 127.0.0.1:${port}`,
      `ssl_options.cacertfile = ${path("ca.pem")}`,
      `ssl_options.certfile = ${path("server.pem")}`,
      `ssl_options.keyfile = ${path("server.key")}`,
      "ssl_options.verify = verify_peer",
      "ssl_options.fail_if_no_peer_cert = false",
      "ssl_cert_login_from = common_name",
      "auth_mechanisms.1 = PLAIN",
      "auth_mechanisms.2 = ANONYMOUS",
      "auth_mechanisms.3 = EXTERNAL",
    ],
    plugins: ["rabbitmq_auth_mechanism_ssl"],
  };
}
