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
        # The curves of three classes, and how many of each were predicted as which.
        files = self.files()
        self.assertEqual([each["name"] for each in self.drawn("training_roc_curve")["series"]], ["0", "1", "2"])
        self.assertEqual(files["confusion matrix"]["mime"], "text/csv")
        self.assertIn("training_precision_recall_curve", files)

    @needs("scikit-learn")
    def test_keeps_reports_of_test_data_and_what_the_model_looks_at(self):
        self.run_script("""
            from sklearn.datasets import load_iris
            from sklearn.ensemble import RandomForestClassifier
            from sklearn.metrics import classification_report, cohen_kappa_score, confusion_matrix
            x, y = load_iris(return_X_y=True)
            names = ["setosa", "versicolor", "virginica"]
            predicted = RandomForestClassifier(n_estimators=5, random_state=0).fit(x, y).predict(x)
            assert confusion_matrix(y, predicted).shape == (3, 3)
            classification_report(y, predicted, target_names=names)
            classification_report(y, predicted, output_dict=True)
            cohen_kappa_score(y, predicted)
        """)
        self.no_complaints()
        bars = self.drawn("feature importance")
        self.assertEqual((bars["kind"], len(bars["series"][0]["x"])), ("bar", 4))
        # That of the fit and that of the program; what a score computes for itself is none.
        matrices = [record for record in self.all_records() if record["type"] == "media" and record["name"] == "confusion matrix"]
        self.assertEqual(len(matrices), 2)
        self.assertIn("versicolor", self.text("classification report"))
        self.assertGreater(self.series()["report/macro avg/f1-score"][0][1], 0.9)

    @needs("scikit-learn")
    def test_pictures_of_many_fits_are_bounded_and_labels_may_be_texts(self):
        self.run_script("""
            import numpy
            from sklearn.tree import DecisionTreeClassifier
            x = numpy.arange(40.0).reshape(-1, 1); y = numpy.where(x[:, 0] > 20, "yes", "no")
            for depth in range(1, 26):
                DecisionTreeClassifier(max_depth=depth).fit(x, y)
            DecisionTreeClassifier().fit(x, numpy.column_stack([y == "yes", y == "no"]))
        """)
        self.assertEqual(len(self.series()["fit_seconds"]), 26)
        matrices = [record for record in self.all_records() if record["type"] == "media" and record["name"] == "confusion matrix"]
        self.assertEqual(len(matrices), 20)
        self.assertEqual((self.folder / matrices[0]["path"]).read_text().splitlines()[0], ",no,yes")

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
        params = self.observed()
        self.assertEqual((params["max_depth"], params["num_boost_round"], params["n_estimators"]), (2, 5, 5))
        # Those that the program leaves at their defaults are there, too.
        self.assertIn("colsample_bytree", params)
        self.assertEqual(self.facts()["best_iteration"], 4)
        self.assertGreater(self.series()["training_accuracy"][0][1], 0.8)
        self.assertEqual(set(self.files()) & {"confusion matrix", "training_roc_curve"}, {"confusion matrix", "training_roc_curve"})
        self.assertEqual(self.drawn("feature importance/gain")["kind"], "bar")

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
        self.assertEqual(len(self.drawn("feature importance/split")["series"][0]["x"]), 4)

    @needs("lightgbm", "scikit-learn")
    def test_lightgbm_by_the_interface_of_scikit_learn(self):
        self.run_script(self.DATA + """
            import lightgbm
            model = lightgbm.LGBMClassifier(n_estimators=4, num_leaves=5, verbosity=-1).fit(x, y, eval_set=[(x, y)])
            model.score(x, y)
        """)
        self.no_complaints()
        params = self.observed()
        self.assertEqual((params["n_estimators"], params["num_leaves"], params["estimator"]), (4, 5, "LGBMClassifier"))
        self.assertIn("min_child_samples", params)
        series = self.series()
        self.assertEqual(len(series["training_accuracy"]), 1)
        self.assertEqual(len(series["score"]), 1)
        self.assertIn("confusion matrix", self.files())

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
        self.assertIn("l2_leaf_reg", self.observed())
        self.assertIn("training_accuracy", series)
        self.assertEqual(self.drawn("feature importance")["kind"], "bar")
