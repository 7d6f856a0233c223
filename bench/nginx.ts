/** nginx as a plain reverse proxy: the least a hop can cost. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Peer } from './peer.ts'
import { freePort, listening, start } from './processes.ts'

export const nginx: Peer = {
  name: 'nginx',
  takesMany: true,
  does: 'Plain proxy_pass with keep-alive, one worker; no key check, no limits, no log.',
  version() {
    // it prints its version to standard error
    const text = execFileSync('sh', ['-c', 'nginx -v 2>&1'], { encoding: 'utf8' })
    return /nginx\/(\S+)/.exec(text)?.[1] ?? text.trim()
  },
  async start(upstreamPort) {
    const folder = mkdtempSync(join(tmpdir(), 'cockpit-bench-nginx-'))
    const plain = await freePort()
    const stream = await freePort()
    const file = join(folder, 'nginx.conf')
    writeFileSync(file, config(folder, upstreamPort, plain, stream))
    const child = start(0, ['nginx', '-p', folder, '-c', file])
    await listening(plain, child)
    const path = '/v1/chat/completions'
    return {
      plain: { port: plain, path, headers: {} },
      stream: { port: stream, path, headers: {} },
      pid: child.pid,
      async stop() {
        await child.stop()
        rmSync(folder, { recursive: true, force: true })
      },
    }
  },
}

/** Buffers hold the largest prompt, so that nothing goes through temporary files; streams pass unbuffered. */
function config(folder: string, upstream: number, plain: number, stream: number): string {
  const server = (port: number, buffering: 'on' | 'off') => `
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://upstream;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering ${buffering};
      proxy_buffers 16 16k;
    }
  }`
  return `
daemon off;
worker_processes 1;
worker_rlimit_nofile 40000;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log warn;
events { worker_connections 32768; }
http {
  access_log off;
  tcp_nodelay on;
  keepalive_requests 100000000;
  client_max_body_size 16m;
  client_body_buffer_size 1m;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  upstream upstream {
    server 127.0.0.1:${upstream};
    keepalive 512;
    keepalive_requests 100000000;
  }
${server(plain, 'on')}
${server(stream, 'off')}
}
`
}
