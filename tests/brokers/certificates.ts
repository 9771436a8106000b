/**
 * Certificates for tests, made by openssl.
 * @module
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** Whether there is an openssl to make them with. */
export const canCertify: boolean = await execute("openssl", ["version"]).then(() => true, () => false);

/**
 * Makes an authority, a stranger, and a server of 127.0.0.1 whose certificate the authority signed; each a `.crt` and a `.key`
 * in the folder.
 */
export async function certify(directory: string): Promise<void> {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const make = (name: string, ...more: readonly string[]): Promise<unknown> => {
    const files = ["-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.crt`];
    return execute("openssl", ["req", "-x509", ...key, ...files, ...more], { cwd: directory });
  };
  await make("authority");
  await make("stranger");
  const names = [
    "-addext",
    "subjectAltName=IP:127.0.0.1,DNS:localhost",
    "-addext",
    "basicConstraints=critical,CA:FALSE",
  ];
  await make("server", "-CA", "authority.crt", "-CAkey", "authority.key", ...names);
}
