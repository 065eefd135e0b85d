"""Capture of scikit-learn and of libraries of boosted trees, each by a program without a word about Tunesmith."""
from capture_support import CaptureCase, needs


class SklearnTest(CaptureCase):
    @needs("scikit-learn")
    def test_records_parameters_and_scores_of_what_is_fitted(self):
        self.run_script("""
            import pickle
            from sklearn.datasets import load_iris
            from sklearn.linear_model import LogisticRegression
            from sklearn.metrics import accuracy_score
            from sklearn.model_selection import train_test_split
            from sklearn.pipeline import make_pipeline
            from sklearn.preprocessing import StandardScaler
            a, b, c, d = train_test_split(*load_iris(return_X_y=True), random_state=0)
            model = make_pipeline(StandardScaler(), LogisticRegression(C=3.0)).fit(a, c)
            assert model.score(b, d) == accuracy_score(d, model.predict(b))
            pickle.loads(pickle.dumps((model, accuracy_score)))
        """)
        self.no_complaints()
        params = self.observed()
        self.assertEqual((params["estimator"], params["logisticregression__C"]), ("Pipeline", 3.0))
        series = self.series()
        self.assertGreater(series["training_accuracy"][0][1], 0.9)
        self.assertEqual(series["score"], series["accuracy_score"])
        # The parts of a pipeline are a part of it.
        self.assertEqual(len(series["fit_seconds"]), 1)

    @needs("scikit-learn")
    def test_records_folds_and_candidates(self):
        self.run_script("""
            from sklearn.datasets import load_diabetes
            from sklearn.linear_model import Ridge
            from sklearn.model_selection import GridSearchCV, cross_val_score
            x, y = load_diabetes(return_X_y=True)
            cross_val_score(Ridge(alpha=0.5), x, y, cv=4)
            GridSearchCV(Ridge(), {"alpha": [0.1, 1.0, 10.0]}, cv=3).fit(x, y)
        """)
        self.no_complaints()
        series = self.series()
        self.assertEqual([step for step, _ in series["cv/score"]], [0, 1, 2, 3])
        self.assertIn("cv/score/mean", series)
        self.assertEqual(len(series["search/mean_test_score"]), 3)
        self.assertEqual(series["best_score"][0][1], max(value for _, value in series["search/mean_test_score"]))
        self.assertEqual(self.observed()["alpha"], 0.5)
        self.assertIn(self.observed()["best.alpha"], (0.1, 1.0, 10.0))
        self.assertEqual(self.files()["cv_results"]["mime"], "text/csv")

    @needs("scikit-learn")
    def test_lists_the_loss_of_a_network_and_leaves_a_list_alone(self):
        self.run_script("""
            from sklearn.datasets import load_iris
            from sklearn.neural_network import MLPClassifier
            x, y = load_iris(return_X_y=True)
            MLPClassifier(max_iter=5, random_state=0).fit(x.tolist(), y.tolist())
        """)
        self.assertEqual([step for step, _ in self.series()["loss"]], [0, 1, 2, 3, 4])


    @needs("scikit-learn")
    def test_threads_fit_parts_of_a_model(self):
        self.run_script("""
            import joblib
            from sklearn.datasets import load_iris
            from sklearn.ensemble import BaggingClassifier
            from sklearn.linear_model import LogisticRegression
            x, y = load_iris(return_X_y=True)
            with joblib.parallel_backend("threading", n_jobs=2):
                BaggingClassifier(LogisticRegression(max_iter=300), n_estimators=4).fit(x, y)
        """)
        self.no_complaints()
        self.assertEqual(len(self.series()["fit_seconds"]), 1)
        self.assertEqual(self.observed()["estimator"], "BaggingClassifier")


class BoostedTreesTest(CaptureCase):
    DATA = """
            import numpy
            random = numpy.random.default_rng(0)
            x = random.normal(size=(200, 4)); y = (x[:, 0] + x[:, 1] > 0).astype(int)
    """

    @needs("xgboost")
    def test_xgboost_by_its_own_interface(self):
        self.run_script(self.DATA + """
            import xgboost
            data = xgboost.DMatrix(x, y)
            xgboost.train({"eta": 0.3, "objective": "binary:logistic"}, data, 7, evals=[(data, "train")], verbose_eval=False)
            xgboost.cv({"eta": 0.3}, data, 3, nfold=3)
        """)
        self.no_complaints()
        series = self.series()
        self.assertEqual([step for step, _ in series["train/logloss"]], list(range(7)))
        self.assertLess(series["train/logloss"][-1][1], series["train/logloss"][0][1])
        self.assertIn("test/rmse/std", series)
        self.assertEqual((self.observed()["eta"], self.observed()["num_boost_round"]), (0.3, 7))

    @needs("xgboost", "scikit-learn")
    def test_xgboost_by_that_of_scikit_learn(self):
        self.run_script(self.DATA + """
            import xgboost
            xgboost.XGBClassifier(n_estimators=5, max_depth=2, early_stopping_rounds=2).fit(x, y, eval_set=[(x, y)], verbose=False)
        """)
        self.no_complaints()
        self.assertEqual(len(self.series()["validation_0/logloss"]), 5)
        self.assertEqual((self.observed()["max_depth"], self.observed()["num_boost_round"]), (2, 5))
        self.assertEqual(self.facts()["best_iteration"], 4)

    @needs("lightgbm")
    def test_lightgbm(self):
        self.run_script(self.DATA + """
            import lightgbm
            data = lightgbm.Dataset(x, y)
            told = {}
            lightgbm.train({"learning_rate": 0.2, "objective": "binary", "verbosity": -1}, data, 6, valid_sets=[data],
                           valid_names=["train"], callbacks=[lightgbm.record_evaluation(told)])
            assert len(told["train"]["binary_logloss"]) == 6
        """)
        self.no_complaints()
        self.assertEqual([step for step, _ in self.series()["train/binary_logloss"]], list(range(6)))
        self.assertEqual((self.observed()["learning_rate"], self.observed()["num_boost_round"]), (0.2, 6))

    @needs("catboost")
    def test_catboost(self):
        self.run_script(self.DATA + """
            import catboost
            catboost.CatBoostClassifier(iterations=6, depth=2, verbose=False, allow_writing_files=False).fit(x, y, eval_set=(x, y))
        """)
        self.no_complaints()
        series = self.series()
        self.assertEqual([step for step, _ in series["learn/Logloss"]], list(range(6)))
        self.assertIn("validation/Logloss", series)
        self.assertEqual((self.observed()["iterations"], self.observed()["depth"]), (6, 2))
