/**
 * An application that uses everything an AsyncAPI document can say.
 * @module
 */
import {
  type BaseMessage,
  catchAllRoutingStrategy,
  defineMessage,
  dependency,
  InMemoryServer,
  Repid,
  Router,
  silentLogger,
  unchecked,
} from "../../mod.ts";
import { toJsonSchema } from "@valibot/to-json-schema";
import { scope, type } from "arktype";
import * as v from "valibot";
import { z } from "zod";

const docs = { url: "https://example.com/docs", description: "Alles Weitere" };
const tag = { name: "Größe / tag #1", description: "A label", externalDocs: docs };

/** A new one each time. */
export function everyFeature(): Repid {
  const app = new Repid({
    title: "Everything — für alle ☃",
    version: "2.0.0",
    description: "# Heading\n\nText with `code`.\n",
    termsOfService: "https://example.com/terms",
    contact: { name: "Support", url: "https://example.com", email: "support@example.com" },
    license: { name: "MIT", url: "https://opensource.org/licenses/MIT" },
    tags: [tag, { name: "plain" }],
    externalDocs: docs,
    jsonSchemaConverters: { valibot: toJsonSchema },
    logger: silentLogger,
  });
  app.servers.register("in memory/1", new InMemoryServer());
  app.servers.register(
    "described",
    new InMemoryServer({
      description: {
        title: "Title",
        summary: "Summary",
        description: "Description",
        tags: [tag],
        externalDocs: docs,
        bindings: { amqp1: {} },
        variables: { port: { enum: ["1", "2"], default: "1", description: "Port", examples: ["2"] } },
        security: [{ type: "userPassword" }, { type: "X509", description: "certificate" }],
      },
    }),
  );
  const channel = {
    address: "users/{userId}/signed up?",
    title: "Sign-ups",
    summary: "Who is new",
    description: "Everybody who is new.",
    tags: [tag],
    externalDocs: docs,
    bindings: {
      amqp: { is: "queue", queue: { name: "users", durable: true, exclusive: false, autoDelete: false } },
    },
  } as const;
  const tree = scope({ node: { value: "string", "children?": "node[]" } }).export();
  interface List {
    head: number;
    tail?: List | undefined;
  }
  const list: v.GenericSchema<List> = v.object({ head: v.number(), tail: v.optional(v.lazy(() => list)) });
  const Person: z.ZodType = z.object({
    name: z.string(),
    get friends() {
      return z.array(Person);
    },
  });
  const user = dependency({
    payload: z.object({ userId: z.number() }),
    headers: type({ authorization: "string" }),
  }, () => 1);

  const answer = defineMessage({ name: "answer", channel: "answers", payload: type({ ok: "boolean" }) });
  const anywhere = defineMessage({ name: "anywhere", payload: z.object({ at: z.date() }) });
  const contract = defineMessage({
    name: "signed up",
    title: "Somebody signed up",
    summary: "Somebody signed up",
    description: "Line one\nline two",
    deprecated: true,
    tags: [tag],
    externalDocs: docs,
    examples: [
      { name: "one", summary: "First", payload: { userId: 1n, at: new Date(0), nothing: undefined } },
      { payload: null },
      { headers: { authorization: "none" } },
      { name: "shows nothing" },
    ],
    correlationId: { location: "$message.header#/correlation-id", description: "Which request" },
    bindings: { amqp: { contentEncoding: "gzip" } },
    payload: type({ userId: "number", "+": "reject" }),
    headers: z.object({ "correlation-id": z.string() }),
    reply: answer,
  });

  const inner = new Router({ channel });
  inner.actor({
    ...contract,
    deps: { user },
    security: [{ type: "plain" }],
    operation: { title: "On sign-up", bindings: { amqp: { expiration: 100_000 } } },
  }, () => {});
  inner.actor({ name: "ничего", routingStrategy: catchAllRoutingStrategy, reply: anywhere }, () => {});
  inner.actor({ name: "tree", payload: tree.node, deps: { user } }, () => {});
  const outer = new Router();
  outer.includeRouter(inner);
  outer.actor({ name: "tree", payload: tree.node }, () => {});
  outer.actor({ name: "list", payload: list }, () => {});
  outer.actor({
    name: "person",
    payload: Person,
    headers: v.object({ trace: v.optional(v.string(), "none") }),
  }, () => {});
  outer.actor({ name: "unchecked", payload: unchecked<{ any: "thing" }>() }, () => {});
  outer.actor({ name: "dates", payload: v.object({ at: v.date() }) }, () => {});
  const text = { contentType: "text/plain", decode: (message: BaseMessage) => message.payload };
  outer.actor(
    { name: "text", channel: "a~b/c d%20e", payload: unchecked<string>(), converter: text },
    () => {},
  );
  app.includeRouter(outer);

  app.messages.registerOperation({
    operationId: "op/1 ü",
    channel: { address: channel.address, title: "Sign-ups, said again" },
    title: "Operation",
    summary: "Summary",
    description: "Description",
    tags: [tag],
    externalDocs: docs,
    security: [{ type: "userPassword" }],
    bindings: { amqp: { expiration: 5 } },
    messages: [contract, anywhere, defineMessage({ name: "asks", reply: anywhere })],
  });
  app.messages.registerOperation({ operationId: "receive_tree", channel: "lonely" });
  app.messages.register(answer);
  return app;
}
