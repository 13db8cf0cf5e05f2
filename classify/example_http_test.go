package classify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/model"
)

// predictor answers pictures in the body of a request with their three most probable classes. One model
// serves all requests at the same time.
func predictor(m *classify.SavedModel) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 20<<20))
		if err != nil {
			http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
			return
		}
		probabilities, err := m.PredictPicture(data, false)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		json.NewEncoder(w).Encode(m.Top(probabilities, 3))
	}
}

// A model behind an http.Handler, asked by many clients at once.
func ExampleSavedModel_handler() {
	dir, err := os.MkdirTemp("", "gradreg-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	cfg := classify.Default()
	cfg.Model, cfg.TrainSize, cfg.Steps, cfg.EvalEvery = model.ParseSpec("mlp:hidden=32"), 200, 60, 0
	run := filepath.Join(dir, "run")
	if _, err := classify.Run(context.Background(), cfg, classify.Options{Dir: run}); err != nil {
		log.Fatal(err)
	}
	m, err := classify.Load(filepath.Join(run, classify.ModelFile), 1, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	server := httptest.NewServer(predictor(m))
	defer server.Close()

	var answers sync.Map
	var clients sync.WaitGroup
	for range 16 {
		clients.Go(func() {
			for range 5 {
				body, picture := io.Pipe()
				go func() { picture.CloseWithError(png.Encode(picture, image.NewGray(image.Rect(0, 0, 28, 28)))) }()
				response, err := http.Post(server.URL, "image/png", body)
				if err != nil {
					log.Fatal(err)
				}
				text, err := io.ReadAll(response.Body)
				response.Body.Close()
				if err != nil || response.StatusCode != http.StatusOK {
					log.Fatal(response.Status, err)
				}
				answers.Store(string(text), true)
			}
		})
	}
	clients.Wait()
	different := 0
	answers.Range(func(any, any) bool { different++; return true })
	fmt.Println("different answers to 80 equal questions:", different)
	// Output: different answers to 80 equal questions: 1
}
