// The usual front door: fastify reads the form, checks the token, keeps the event as it came, answers 200.
//   node front.mjs PORT REDIS_SOCKET xadd|bullmq TOKEN
import Fastify from 'fastify';
import formbody from '@fastify/formbody';
import Redis from 'ioredis';
import { Queue } from 'bullmq';

const [port, socket, how, token] = process.argv.slice(2);
const redis = new Redis({ path: socket, maxRetriesPerRequest: null, enableAutoPipelining: how === 'xadd' });
const queue = how === 'bullmq' ? new Queue('events', { connection: redis }) : null;
const options = { attempts: 12, backoff: { type: 'exponential', delay: 1000 }, removeOnComplete: true };

async function keep(form) {
  const job = { event: form.event, id: form['data[FIELDS][ID]'], domain: form['auth[domain]'], member: form['auth[member_id]'], form };
  if (queue) await queue.add('event', job, options);
  else await redis.xadd('events', '*', 'j', JSON.stringify(job));
}

const app = Fastify({ logger: false, bodyLimit: 65536, keepAliveTimeout: 65000 });
await app.register(formbody);
app.post('/bitrix24/main/events', async (request, reply) => {
  const form = request.body ?? {};
  if (form['auth[application_token]'] !== token) return reply.code(403).send({ error: 'not_authentic' });
  if (!form.event || !/^[0-9]+$/.test(form['data[FIELDS][ID]'] ?? '')) return reply.code(400).send({ error: 'malformed' });
  await keep(form);
  return { accepted: true };
});
await app.listen({ host: '127.0.0.1', port: Number(port) });
