import type { Format } from '../types.js';
import { findDatabases } from './database.js';
import { findJournals } from './journal.js';

export const optuna: Format = {
  id: 'optuna',
  title: 'Optuna',
  find: (listings) => [...findDatabases(listings), ...findJournals(listings)],
};
