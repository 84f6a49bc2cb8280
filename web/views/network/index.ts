/** Views of devices and their health, loaded together when they are needed. */
export { AuditView } from './audit.tsx';
export { BackupsView } from './backups.tsx';
export { DevicesView } from './devices.tsx';
export { HealthView } from './health.tsx';
