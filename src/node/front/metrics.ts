/** Metrics for Prometheus. They contain no name of a file, user or folder. */
import type { DeviceParts, NetworkParts } from './device-parts.ts';

interface Metric {
  name: string;
  help: string;
  type: 'gauge' | 'counter';
  samples: { labels?: Record<string, string>; value: number }[];
}

export function metricsText(parts: DeviceParts): string {
  const network = parts.network();
  const metrics = [...deviceMetrics(parts), ...(network ? networkMetrics(network) : [])];
  return `${metrics.map(metricLines).join('\n')}\n`;
}

const gauge = (name: string, help: string, value: number): Metric => ({
  name,
  help,
  type: 'gauge',
  samples: [{ value }],
});

function deviceMetrics({ store }: DeviceParts): Metric[] {
  const usage = store.usage();
  const volumes = (
    name: string,
    help: string,
    figureOf: (volume: (typeof usage.volumes)[number]) => number,
  ) => ({
    name,
    help,
    type: 'gauge' as const,
    samples: usage.volumes.map((volume) => ({ labels: { volume: volume.id }, value: figureOf(volume) })),
  });
  return [
    gauge('peerstor_up', 'Always 1.', 1),
    gauge('peerstor_process_resident_bytes', 'Memory of the process.', process.memoryUsage.rss()),
    gauge('peerstor_process_uptime_seconds', 'Since the process started.', Math.floor(process.uptime())),
    gauge('peerstor_chunks_held', 'Chunks on this device.', usage.chunks),
    gauge('peerstor_bytes_held', 'Sealed bytes of chunks on this device.', usage.bytes),
    gauge('peerstor_bytes_lent', 'Bytes lent by volumes that are there.', usage.limitBytes),
    volumes(
      'peerstor_volume_used_bytes',
      'Bytes used on a volume, trash included.',
      ({ usedBytes }) => usedBytes,
    ),
    volumes('peerstor_volume_limit_bytes', 'Bytes lent by a volume.', ({ limitBytes }) => limitBytes),
    {
      name: 'peerstor_volume_state',
      help: '1 for the state that a volume is in.',
      type: 'gauge',
      samples: usage.volumes.map(({ id, state }) => ({ labels: { volume: id, state }, value: 1 })),
    },
  ];
}

function networkMetrics({ chunks, directory, transport }: NetworkParts): Metric[] {
  const health = chunks.healthNow();
  const repair = chunks.repairStatus();
  const scrub = chunks.scrubStatus();
  const audits = chunks.auditFigures();
  const drill = chunks.drillStatus();
  return [
    gauge('peerstor_devices', 'Members of the network.', directory.members().length),
    gauge('peerstor_peers_connected', 'Other devices connected now.', transport.peers().length),
    gauge('peerstor_chunks_needed', 'Chunks that live versions reference.', health.total),
    gauge('peerstor_bytes_needed', 'Sealed bytes of one copy of everything.', health.bytes),
    {
      name: 'peerstor_chunks_by_copies',
      help: 'Needed chunks by the number of copies that can be reached.',
      type: 'gauge',
      samples: Object.entries(health.byCopies).map(([copies, value]) => ({ labels: { copies }, value })),
    },
    gauge('peerstor_versions_unknown', 'Versions whose chunks are not known yet.', health.unknownVersions),
    gauge('peerstor_repair_queued', 'Chunks waiting for a copy from this device.', repair.queued),
    gauge('peerstor_repair_active', 'Chunks being given to other devices.', repair.active),
    gauge('peerstor_uploads_active', 'Uploads that this device takes now.', chunks.uploadsActive()),
    gauge('peerstor_chunks_unprotected', 'Chunks with too few copies elsewhere.', chunks.unprotectedChunks()),
    gauge('peerstor_scrub_running', '1 while all copies are read again.', scrub.running ? 1 : 0),
    gauge('peerstor_scrub_checked_chunks', 'Copies read again in this pass.', scrub.checkedChunks),
    gauge('peerstor_scrub_bad_chunks', 'Of those, bad or gone.', scrub.badChunks),
    gauge(
      'peerstor_scrub_finished_timestamp_seconds',
      'When the last pass ended; 0 before.',
      secondsOf(scrub.lastFinishedAt),
    ),
    gauge('peerstor_restore_drill_files', 'Files that the last restore drills tried.', drill.files),
    gauge('peerstor_restore_drill_failed_files', 'Of those, not restored.', drill.failed),
    gauge(
      'peerstor_restore_drill_finished_timestamp_seconds',
      'When the last one ended; 0 before.',
      secondsOf(drill.lastFinishedAt),
    ),
    {
      name: 'peerstor_audits_total',
      help: 'Copies of other devices asked for proof, by outcome; rounds where it is unanswered.',
      type: 'counter',
      samples: Object.entries(audits).map(([outcome, value]) => ({ labels: { outcome }, value })),
    },
  ];
}

function secondsOf(time: string | null): number {
  return time === null ? 0 : Date.parse(time) / 1000;
}

function metricLines({ name, help, type, samples }: Metric): string {
  const lines = samples.map(({ labels = {}, value }) => `${name}${labelText(labels)} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines].join('\n');
}

function labelText(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${value.replace(/["\\\n]/g, '_')}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
