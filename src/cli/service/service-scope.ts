/** A service of one person, which runs while they are signed in, or one of the machine. */
export type ServiceScope = 'user' | 'system';
