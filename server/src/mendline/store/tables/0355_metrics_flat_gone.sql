-- One row per metric, with an array of points for each kind, is no step any more: 0357 makes it one per scope.
DROP TABLE IF EXISTS metrics_flat SYNC
