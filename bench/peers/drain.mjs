// The usual worker: BullMQ empties a queue of no-op jobs.
//   node drain.mjs REDIS_SOCKET JOBS CONCURRENCY   prints {"drain_per_s":N}
import Redis from 'ioredis';
import { Queue, Worker } from 'bullmq';

const [socket, jobsText, concurrencyText] = process.argv.slice(2);
const jobs = Number(jobsText);
const link = () => new Redis({ path: socket, maxRetriesPerRequest: null });
const queue = new Queue('noop', { connection: link() });
const options = { attempts: 12, backoff: { type: 'exponential', delay: 1000 }, removeOnComplete: true };
for (let first = 0; first < jobs; first += 500)
  await queue.addBulk(Array.from({ length: Math.min(500, jobs - first) }, (_, i) => ({ name: 'noop', data: { deal: first + i }, opts: options })));

const started = process.hrtime.bigint();
let done = 0;
await new Promise(resolve => {
  const worker = new Worker('noop', async () => {}, { connection: link(), concurrency: Number(concurrencyText) });
  worker.on('completed', () => { if (++done === jobs) resolve(); });
});
const seconds = Number(process.hrtime.bigint() - started) / 1e9;
console.log(JSON.stringify({ drain_per_s: Math.round(jobs / seconds), rss_mb: Math.round(process.memoryUsage().rss / 1048576) }));
process.exit(0);
