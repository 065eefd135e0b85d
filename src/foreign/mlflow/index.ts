import type { Format } from '../types.js';
import { findDatabases } from './database.js';
import { findStores } from './store.js';

export const mlflow: Format = {
  id: 'mlflow',
  title: 'MLflow',
  find: (listings) => [...findStores(listings), ...findDatabases(listings)],
};
