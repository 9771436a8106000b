/**
 * Publishes a message over TLS and prints it when it comes back. Arguments: the URL, the queue, the authority.
 * @module
 */
import process from "node:process";
import { AmqpServer } from "@repid/core/amqp";

const [url = "", queue = "", ca = ""] = process.argv.slice(2);
const server = new AmqpServer(url, { tls: { ca } });
const connection = await server.connect();
const payload = new TextEncoder().encode("secret");
await server.publish(queue, { payload, headers: {}, contentType: undefined, replyTo: undefined }, {});
const subscription = await server.subscribe([queue]);
const [delivery] = await subscription.take(1, 10_000);
console.log(new TextDecoder().decode(delivery?.payload));
await delivery?.settle("ack");
await subscription.close();
await connection.close();
